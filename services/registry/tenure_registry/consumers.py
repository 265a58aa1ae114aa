"""Who uses a model: who says so, who is seen calling, and who knows that it ends?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import View

from tenure_registry.callers import Caller, Place, callers_of, callers_stream
from tenure_registry.model.consumers import silent_consumers
from tenure_registry.model.state import Model
from tenure_registry.names import ConsumerName, ModelVersion, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """Its `calls` of a version between `since` and `last_at`, as it was told of last; `quiet`: none for a day."""

    model_version: str
    last_at: datetime
    since: datetime | None
    calls: int
    quiet: bool
    event: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """How one version's end stands with it. `awaited`: nobody acknowledged for it, and somebody must."""

    model_version: ModelVersion
    sunset_at: datetime
    notified_at: datetime | None
    acknowledged_by: PrincipalId | None
    awaited: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerView:
    """Not `declared`: only seen. `(unnamed)` and `(other)` are those whose names telemetry does not have."""

    consumer: str
    declared: bool
    purpose: str | None
    declared_by: PrincipalId | None
    observed: tuple[Observed, ...]
    notices: tuple[Notice, ...]


def consumers_of(view: View, model: Model, only: ModelVersion | None) -> list[ConsumerView]:
    """By name; of one version, or of all."""
    observed = defaultdict[str, list[Observed]](list)
    for place, one in callers_of(view, str(model.name), only).items():
        observed[place.consumer].append(observed_view(model, place, one))
    notices = defaultdict[str, list[Notice]](list)
    for version in [only] if only else sorted(model.versions):
        for name, notice in notices_of(model, version):
            notices[name].append(notice)
    names = sorted({*model.consumers, *observed, *notices})
    return [consumer_view(model, ConsumerName(name), observed[name], notices[name]) for name in names]


def consumer_view(
    model: Model, name: ConsumerName, observed: Sequence[Observed], notices: Sequence[Notice]
) -> ConsumerView:
    declared = model.consumers.get(name)
    return ConsumerView(
        consumer=name,
        declared=declared is not None,
        purpose=declared.said.purpose if declared else None,
        declared_by=declared.said.declared_by if declared else None,
        observed=tuple(observed),
        notices=tuple(notices),
    )


def observed_view(model: Model, place: Place, one: Caller) -> Observed:
    return Observed(
        model_version=place.model_version,
        last_at=one.seen_at,
        since=one.since,
        calls=one.calls,
        quiet=one.quiet,
        event=f"{callers_stream(str(model.name))}#{one.sequence}",
    )


def notices_of(model: Model, version: ModelVersion) -> Iterator[tuple[ConsumerName, Notice]]:
    """Of whoever had notice of the version's end, or must still acknowledge it; none where no end is announced."""
    known = model.versions[version]
    ending = known.ending
    if ending.sunset_at is None:
        return
    awaited = silent_consumers(model, known) if ending.retired_at is None else ()
    for name in {*ending.notified, *awaited}:
        yield (
            name,
            Notice(
                model_version=version,
                sunset_at=ending.sunset_at,
                notified_at=ending.notified.get(name),
                acknowledged_by=ending.acknowledged.get(name),
                awaited=name in awaited,
            ),
        )
