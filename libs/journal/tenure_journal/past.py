"""What was a stream's state, as far as was on the record then, of what had happened by then?

Two times, and neither bends the other. *Recorded*: the first `known` events, in log order; what came later does not
count, a void included. *Effective*: of these, those that had happened by an instant (`ce_time`), still in log order,
so that a late fact about last week is in last week's state and an early one about tomorrow is not in today's. An event
about something that was not there yet by then changes nothing: its fold raises LookupError.

So an answer follows from the stream's first `known` records alone, and never changes once those are settled.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from tenure_codec.envelope import Link
from tenure_eventlog import Record

from tenure_journal.errors import StreamParked
from tenure_journal.history import History
from tenure_journal.stream import Event, Kind, Meta, State, Stream
from tenure_journal.void import is_void

MOST_KEPT = 256

Decoded = Callable[[Record, Meta], Event]


class PastStates:
    """Folds records that are fetched on demand. The newest answers are kept, since states never change."""

    def __init__(self, history: History, decoded: Decoded) -> None:
        self._history, self._decoded = history, decoded
        self._kept: OrderedDict[tuple[str, int, datetime | None], State] = OrderedDict()

    async def state(self, stream: Stream, kind: Kind, known: int, effective_at: datetime | None) -> State:
        """Raises StreamParked where an event of that time can't be folded, and what fetching raises."""
        asked = (stream.name, known, effective_at)
        if asked in self._kept:
            self._kept.move_to_end(asked)
            return self._kept[asked]
        records = await self._history.records(stream, 1, known)
        state = self._kept[asked] = self._folded(stream, kind, records, effective_at)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return state

    def _folded(
        self, stream: Stream, kind: Kind, records: Sequence[tuple[Record, Link]], effective_at: datetime | None
    ) -> State:
        state, skipped = kind.initial, False
        for record, link in records:
            meta = stream.meta_of(record, link)
            if is_void(link) or stream.is_voided(link, by=len(records)):
                continue
            try:
                # The time is a header: what is left out is never decoded.
                if effective_at is None or meta.time <= effective_at:
                    event = self._decoded(record, meta)
                    state = state if event is None else kind.fold(state, event, meta)
            except LookupError as why:
                if effective_at is None:
                    raise _parked(stream, meta, why) from why
                skipped = True
            except Exception as why:  # as when it came in: never guess
                raise _parked(stream, meta, why) from why
        if skipped:
            self._folded(stream, kind, records, None)  # what can't be folded at all is not merely too early
        return state


def _parked(stream: Stream, meta: Meta, why: Exception) -> StreamParked:
    return StreamParked(stream.name, unfoldable(meta, why))


def unfoldable(meta: Meta, why: Exception) -> str:
    """The reason for which an event parks its stream."""
    return f"event {meta.sequence} ({meta.type}) can't be folded: {type(why).__name__}: {why}"
