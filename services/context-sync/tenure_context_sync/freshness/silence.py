"""Which sources have fallen silent, or show again that they live?"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from tenure_journal import Needed, Replica

from tenure_context_sync.freshness.verdict import Evidence, beat_of, is_silent
from tenure_context_sync.patience import patience_seconds
from tenure_context_sync.source.commands import DeclareRecovered, DeclareSilent
from tenure_context_sync.source.feeds import KIND
from tenure_context_sync.source.state import Source

Known = Callable[[], Mapping[str, Evidence] | None]


def silence_due(known: Known) -> Callable[[Replica, datetime], Iterator[Needed]]:
    """The timer. `known` gives None while nobody can look: a source is not blamed for a database of ours."""

    def due(view: Replica, now: datetime) -> Iterator[Needed]:
        evidence = known()
        if evidence is None:
            return
        for stream in view.streams(KIND).values():
            if stream.state and not stream.parked and (seen := evidence.get(stream.state.source)):
                command = silence_command(stream.state, seen, now)
                if command:
                    yield Needed(stream=stream.name, command=command, because=stream.digest, cause=stream.state.origin)

    return due


def silence_command(source: Source, seen: Evidence, now: datetime) -> DeclareSilent | DeclareRecovered | None:
    """Only where what is on the record is no longer true."""
    if source.every_seconds is None or is_silent(source, seen, now) == (source.silent_since is not None):
        return None
    beat = beat_of(source, seen)
    if source.silent_since is None:
        limit = patience_seconds(source.every_seconds)
        return DeclareSilent(source=source.source, last_heartbeat_at=beat, limit_seconds=limit, now=now)
    return DeclareRecovered(source=source.source, heartbeat_at=beat, now=now) if beat else None
