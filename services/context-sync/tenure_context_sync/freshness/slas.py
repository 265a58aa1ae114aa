"""Which SLAs are broken, or kept again, and which sources silent, at this moment? Only what changes is a need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

import structlog
from tenure_journal import Needed, Replica, Stream

from tenure_context_sync.binding.budget import minute_of
from tenure_context_sync.binding.commands import BindingCommand, BreachSla, CountBudget, RestoreSla
from tenure_context_sync.binding.state import Bindings, Bound, limits_of
from tenure_context_sync.freshness.verdict import Evidence, age_of
from tenure_context_sync.names import ContextName, ModelName, ModelVersion, OnBreach, SourceName

KIND = "context/binding"
Show = Callable[[Mapping[OnBreach, int]], None]
log = structlog.get_logger()


def _to_nobody(broken: Mapping[OnBreach, int]) -> None:
    return


@dataclass(frozen=True, slots=True)
class Age:
    """An age of None means that nothing ever came."""

    seconds: float | None
    complete_until: datetime | None


NEVER = Age(None, None)


def sources_read(view: Replica, context: ContextName, revision: int, primary: SourceName) -> tuple[SourceName, ...]:
    """Of all rows that the revision's values come from."""
    stream = view.stream(f"context/context/{context}")
    known = stream.state.get(revision) if stream and not stream.parked else None
    if known is None:
        return (primary,)
    published = known.published
    joined = (one.source for one in (*published.view.joins, *published.view.aggregates))
    return tuple(dict.fromkeys((published.source, *joined)))


def oldest(sources: Iterable[SourceName], ages: Mapping[str, Age]) -> Age:
    """A context is as old as the oldest of its sources."""
    found = [ages.get(source, NEVER) for source in sources]
    return max(found, key=lambda age: float("inf") if age.seconds is None else age.seconds)


def ages_of(evidence: Mapping[str, Evidence], now: datetime) -> dict[str, Age]:
    return {name: Age(age_of(seen, now), seen.complete_until) for name, seen in evidence.items()}


@dataclass(slots=True)
class Watched:
    """A binding made ready to be looked at each second; `counted` is the minute in which its budget last was."""

    model: ModelName
    bound: Bound
    sources: tuple[SourceName, ...]
    limits: Mapping[str | None, int]
    tightest: int
    counted: int = 0

    def is_calm(self, seconds: float | None) -> bool:
        """Nothing is broken, nothing breaks, and no minute is left that could come or go: nearly always so."""
        bound = self.bound
        return seconds is not None and seconds <= self.tightest and not bound.breached and not bound.bad.bits


class SlaTimer:
    """What is due of all bindings. A stream's bindings are made ready anew only when it has moved.

    `evidence` gives None where what is known is of before a sleep. `show` is told after each pass how many are
    broken, by what that does.
    """

    def __init__(self, evidence: Callable[[], Mapping[str, Evidence] | None], show: Show = _to_nobody) -> None:
        self._evidence, self._show = evidence, show
        self._ready: dict[str, tuple[Bindings, list[Watched]]] = {}

    def due(self, view: Replica, now: datetime) -> Iterator[Needed]:
        evidence = self._evidence()
        if evidence is None:
            return
        ages, minute = ages_of(evidence, now), minute_of(now)
        known: dict[tuple[SourceName, ...], Age] = {}
        broken = Counter[OnBreach]()
        for stream in view.streams(KIND).values():
            if stream.parked:
                continue
            for watched in self._watched(view, stream):
                age = known.get(watched.sources)
                if age is None:
                    age = known[watched.sources] = oldest(watched.sources, ages)
                if not watched.is_calm(age.seconds):
                    broken[watched.bound.sla.on_breach] += bool(watched.bound.breached)
                    yield from self._needs(stream, watched, age, now, minute)
        self._show(broken)

    def _watched(self, view: Replica, stream: Stream) -> list[Watched]:
        ready = self._ready.get(stream.name)
        if ready is None or ready[0] is not stream.state:
            ready = self._ready[stream.name] = (stream.state, list(made_ready(view, stream)))
        return ready[1]

    def _needs(self, stream: Stream, watched: Watched, age: Age, now: datetime, minute: int) -> Iterator[Needed]:
        for command in sla_commands(watched, age, now):
            tell(watched.bound, command)
            yield need(stream, watched.bound, command, str(command.entity_class))
        if watched.counted == minute:
            return
        if watched.bound.budget_moves(now):
            yield need(stream, watched.bound, CountBudget(**place_of(watched), now=now), f"minute {minute}")
        else:
            watched.counted = minute


def made_ready(view: Replica, stream: Stream) -> Iterator[Watched]:
    model = ModelName(stream.name.removeprefix(f"{KIND}/"))
    bindings: Bindings = stream.state
    for _, bound in sorted(bindings.items(), key=lambda item: item[0]):
        limits = limits_of(bound.sla)
        sources = sources_read(view, bound.context, bound.revision, bound.source)
        yield Watched(model, bound, sources, limits, min(limits.values()))


def sla_commands(watched: Watched, age: Age, now: datetime) -> Iterator[BreachSla | RestoreSla]:
    """For each class whose recorded state is no longer true; one that the SLA names no longer is kept at once."""
    breached = watched.bound.breached
    for entity_class, limit in watched.limits.items():
        kept = age.seconds is not None and age.seconds <= limit
        if kept == (entity_class in breached):
            yield command_of(watched, entity_class, age, limit, kept, now)
    for entity_class in breached:
        if entity_class not in watched.limits and age.seconds is not None:
            yield command_of(watched, entity_class, age, watched.bound.sla.max_age_seconds, True, now)


def command_of(
    watched: Watched, entity_class: str | None, age: Age, limit: int, kept: bool, now: datetime
) -> BreachSla | RestoreSla:
    if kept and age.seconds is not None and age.complete_until is not None:
        return RestoreSla(
            **place_of(watched),
            entity_class=entity_class,
            age_seconds=age.seconds,
            limit_seconds=limit,
            newest_source_at=age.complete_until,
            now=now,
        )
    return BreachSla(
        **place_of(watched),
        entity_class=entity_class,
        age_seconds=age.seconds,
        limit_seconds=limit,
        newest_source_at=age.complete_until,
        now=now,
    )


class Place(TypedDict):
    """Which binding a command is about."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName


def place_of(watched: Watched) -> Place:
    return Place(model=watched.model, model_version=watched.bound.model_version, context=watched.bound.context)


def need(stream: Stream, bound: Bound, command: BindingCommand, what: str) -> Needed:
    """Needed because the stream stands where it stands: whatever comes of it moves the head."""
    because = f"{bound.model_version}\n{bound.context}\n{what}\n{stream.digest}"
    return Needed(stream=stream.name, command=command, because=because, cause=bound.origin)


def tell(bound: Bound, command: BreachSla | RestoreSla) -> None:
    """Where a breach is to alert somebody; told again only while the log does not take the event."""
    if bound.sla.on_breach == "alert":
        log.warning(
            "sla_breached" if isinstance(command, BreachSla) else "sla_restored",
            model=command.model,
            model_version=command.model_version,
            context=command.context,
            entity_class=command.entity_class,
            age_seconds=command.age_seconds,
            limit_seconds=command.limit_seconds,
        )
