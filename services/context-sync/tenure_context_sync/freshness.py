"""Which SLAs are broken, or kept again, at this moment?

A context's age is the service clock's now minus the newest commit time of its source that was folded into the store.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Needed, Replica

from tenure_context_sync.binding.decider import BreachSla, RestoreSla
from tenure_context_sync.binding.state import Bound
from tenure_context_sync.names import ContextName, ModelName, ModelVersion

KIND = "context/binding"
Watermarks = Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Freshness:
    """One version's context now; an age of None means that nothing ever came."""

    model: str
    model_version: str
    context: str
    revision: int
    age_seconds: float | None
    limit_seconds: int
    fresh: bool
    breached: bool
    newest_source_at: datetime | None


def freshness(model: str, bound: Bound, watermarks: Watermarks, now: datetime) -> Freshness:
    """Measured at `now`."""
    newest = watermarks.get(bound.source)
    age = None if newest is None else (now - newest).total_seconds()
    limit = bound.sla.max_age_seconds
    return Freshness(
        model=model,
        model_version=bound.model_version,
        context=bound.context,
        revision=bound.revision,
        age_seconds=age,
        limit_seconds=limit,
        fresh=age is not None and age <= limit,
        breached=None in bound.breached,
        newest_source_at=newest,
    )


def slas_due(watermarks: Callable[[], Watermarks]) -> Callable[[Replica, datetime], Iterable[Needed]]:
    """The timer: a breach or a restoration for each binding whose recorded state is no longer true."""

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        known = watermarks()
        for stream in view.streams(KIND).values():
            model = stream.name.removeprefix(f"{KIND}/")
            for place, bound in () if stream.parked else sorted(stream.state.items()):
                measured = freshness(model, bound, known, now)
                if measured.fresh == measured.breached:
                    yield Needed(
                        stream=stream.name,
                        command=command_of(measured, now),
                        because=f"{place}\n{stream.digest}",
                        cause=stream.head,
                    )

    return due


def command_of(measured: Freshness, now: datetime) -> BreachSla | RestoreSla:
    model, version = ModelName(measured.model), ModelVersion(measured.model_version)
    context = ContextName(measured.context)
    if measured.fresh and measured.age_seconds is not None and measured.newest_source_at is not None:
        return RestoreSla(
            model=model,
            model_version=version,
            context=context,
            entity_class=None,
            age_seconds=measured.age_seconds,
            limit_seconds=measured.limit_seconds,
            newest_source_at=measured.newest_source_at,
            now=now,
        )
    return BreachSla(
        model=model,
        model_version=version,
        context=context,
        entity_class=None,
        age_seconds=measured.age_seconds,
        limit_seconds=measured.limit_seconds,
        newest_source_at=measured.newest_source_at,
        now=now,
    )
