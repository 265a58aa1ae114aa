"""Does a judgement that somebody tells of follow from what they tell it rests on?"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from tenure_rollout.judging.metrics import DeclarationInvalid
from tenure_rollout.judging.statistics import StatisticsInvalid
from tenure_rollout.judging.verdicts import (
    JUDGE_REVISION,
    Evidence,
    EvidenceInvalid,
    Judgement,
    RevisionUnknown,
    canonical,
    verdict_of,
)


class NotReplayable(ValueError):
    """It can't be computed again here; the message says why."""


def differences(event: Mapping[str, Any]) -> list[str]:
    """What of a JudgementChanged, as JSON, is not what its own evidence comes to; empty where every byte is.

    Raises: NotReplayable.
    """
    if event.get("judge_revision") != JUDGE_REVISION:
        revision = event.get("judge_revision")
        raise NotReplayable(
            f"judge {revision} judged, this build has judge {JUDGE_REVISION}: use the build that judged"
        )
    try:
        told = msgspec.convert(event, Judgement)
        evidence = msgspec.convert({**event}, Evidence)
        found = verdict_of(evidence)
    except (msgspec.ValidationError, RevisionUnknown, EvidenceInvalid, StatisticsInvalid, DeclarationInvalid) as why:
        raise NotReplayable(str(why)) from None
    return [] if canonical(told) == canonical(found) else [*_differing(told, found)]


def _differing(told: Judgement, found: Judgement) -> Iterator[str]:
    if told.verdict != found.verdict:
        yield f"verdict: {told.verdict} was told, {found.verdict} follows"
    if len(told.metrics) != len(found.metrics):
        yield f"{len(told.metrics)} metrics were told of, {len(found.metrics)} were judged"
    for one, other in zip(told.metrics, found.metrics, strict=False):
        theirs, ours = asdict(one), asdict(other)
        for name in theirs:
            if theirs[name] != ours[name]:
                yield f"{other.metric}, {name}: {theirs[name]} was told, {ours[name]} follows"
