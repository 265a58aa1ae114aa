"""Which SLAs are broken, or kept again, at this moment?

A context's age is the service clock's now minus the newest commit time of its source that was folded into the store.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Needed, Replica

from tenure_context_sync.binding.decider import Bound, BreachSla, RestoreSla
from tenure_context_sync.names import ContextName, ModelName

KIND = "context/binding"
Watermarks = Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Freshness:
    """One model's context now; an age of None means that nothing ever came."""

    model: str
    context: str
    revision: int
    age_seconds: float | None
    limit_seconds: int
    fresh: bool
    breached: bool
    newest_source_at: datetime | None


def freshness(model: str, context: str, bound: Bound, watermarks: Watermarks, now: datetime) -> Freshness:
    """Measured at `now`."""
    newest = watermarks.get(bound.source)
    age = None if newest is None else (now - newest).total_seconds()
    limit = bound.sla.max_age_seconds
    fresh = age is not None and age <= limit
    return Freshness(model, context, bound.revision, age, limit, fresh, bound.breached, newest)


def slas_due(watermarks: Callable[[], Watermarks]) -> Callable[[Replica, datetime], Iterable[Needed]]:
    """The timer: a breach or a restoration for each binding whose recorded state is no longer true."""

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        known = watermarks()
        for stream in view.streams(KIND).values():
            model = stream.name.removeprefix(f"{KIND}/")
            for context, bound in () if stream.parked else sorted(stream.state.items()):
                measured = freshness(model, context, bound, known, now)
                if measured.fresh == bound.breached:
                    yield Needed(
                        stream=stream.name,
                        command=command_of(measured, now),
                        because=f"{context}\n{stream.digest}",
                        cause=stream.head,
                    )

    return due


def command_of(measured: Freshness, now: datetime) -> BreachSla | RestoreSla:
    model, context = ModelName(measured.model), ContextName(measured.context)
    if measured.fresh and measured.age_seconds is not None and measured.newest_source_at is not None:
        return RestoreSla(
            model=model,
            context=context,
            age_seconds=measured.age_seconds,
            limit_seconds=measured.limit_seconds,
            newest_source_at=measured.newest_source_at,
            now=now,
        )
    return BreachSla(
        model=model,
        context=context,
        age_seconds=measured.age_seconds,
        limit_seconds=measured.limit_seconds,
        newest_source_at=measured.newest_source_at,
        now=now,
    )
