"""Which claims does a model card make, out of what the registry answers? Pure; events are `stream#sequence`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tenure_evidence.measures import Metric
from tenure_evidence.model_card import CardFacts, Claim, Section, Staleness
from tenure_evidence.model_card.claims import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

Answer = Mapping[str, Any]
FELL = ("expired", "outdated", "contradicted")
PLACES: Mapping[str, Section] = {"evaluation": "performance", "robustness": "performance", "fairness": "fairness"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The model, its version, what its stage requires, and the sequence at which the model's stream was read."""

    model: Answer
    version: Answer
    requirements: "Sequence[Answer]"
    sequence: int
    at: datetime

    def place(self, sequence: int) -> str:
        return f"registry/model/{self.model['model']}#{sequence}"


def facts_of(answers: Answers) -> CardFacts:
    """Everything that was said, and what of it no longer counts."""
    return CardFacts(
        model=answers.model["model"],
        model_version=answers.version["model_version"],
        artifact_digest=answers.version["artifact_digest"],
        claims=(*_told(answers), *_trained_on(answers), *_shown(answers)),
    )


def _told(answers: Answers) -> Iterator[Claim]:
    """What its authors say: the model's description, the framework, and metadata named after a section.

    `limitation`, `use_case.fraud-desk` and the like: what follows the section's name says what it is about.
    """
    if text := answers.model["description"]:
        yield _claim(answers, answers.sequence, "description", "model", text)
    written = {"architecture": answers.version["framework"], **answers.version["metadata"]}
    for name, text in written.items():
        first, _, about = name.partition(".")
        section = next((one for one in SECTIONS if one == first), None)
        if section and text:
            yield _claim(answers, answers.version["sequence"], section, about or first, text)


def _trained_on(answers: Answers) -> Iterator[Claim]:
    for one in answers.version["snapshots"]:
        text = f"Trained on the snapshot {one['snapshot']}, {one['digest']}."
        yield _claim(answers, answers.version["sequence"], "dataset", one["snapshot"], text)


def _shown(answers: Answers) -> Iterator[Claim]:
    """What evidence shows: each overall figure of it, or its verdict where it has none."""
    fallen = dict(_fallen(answers))
    for one in answers.version["evidence"]:
        section = PLACES.get(one["kind"], "ethics")
        by = f"{one['kind'].replace('_', ' ')} by {one['tool']} {one['tool_version']}: {one['verdict']}"
        overall = [row for row in one["metrics"] if row["slice"] is None] if section != "ethics" else []
        stale = fallen.get(one["evidence"])
        if not overall:
            yield _claim(answers, one["sequence"], section, one["kind"], by, stale, at=one["recorded_at"])
        for row in overall:
            key, text = f"{row['name']} of {one['kind']}", f"{_figure(row)}; {by}"
            metric = _metric(row, one["metrics"])
            yield _claim(answers, one["sequence"], section, key, text, stale, at=one["recorded_at"], metric=metric)


def _fallen(answers: Answers) -> Iterator[tuple[str, Staleness]]:
    """Evidence that no longer counts, with why; of a contradiction, the older one."""
    for one in answers.requirements:
        if one["about"] == "evidence" and one["status"] in FELL:
            reason = f"{one['status']}: {one['detail'] or one['wanted']}"
            yield one["by"][0], Staleness(since=answers.at, reason=reason, event_id=one["events"][-1])


def _claim(
    answers: Answers,
    sequence: int,
    section: Section,
    key: str,
    text: str,
    stale: Staleness | None = None,
    *,
    at: str | None = None,
    metric: Metric | None = None,
) -> Claim:
    return Claim(
        section=section,
        key=key,
        text=text,
        event_ids=(answers.place(sequence),),
        claimed_at=datetime.fromisoformat(at or answers.version["registered_at"]),
        about_digest=answers.version["artifact_digest"],
        metric=metric,
        staleness=(stale,) if stale else (),
    )


def _metric(overall: Answer, rows: "Sequence[Answer]") -> Metric:
    slices = {row["slice"]: _one(row) for row in rows if row["name"] == overall["name"] and row["slice"]}
    one = _one(overall)
    return Metric(name=one.name, value=one.value, n=one.n, slices=slices)


def _one(row: Answer) -> Metric:
    """Without its interval, which the text has: the ledger does not keep how sure it is, and a card must not guess."""
    return Metric(name=row["name"], value=row["value"], n=row["n"])


def _figure(row: Answer) -> str:
    interval = "" if row["low"] is None or row["high"] is None else f" ({row['low']:.4g} to {row['high']:.4g})"
    return f"{row['name']} {row['value']:.4g}{interval}, n {row['n']}"
