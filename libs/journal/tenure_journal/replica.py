"""What has been accepted so far, folded: the state that every read and every decision starts from."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from hashlib import sha256

import structlog
from tenure_codec.envelope import Link
from tenure_eventlog import Batch, EventLog, LogUnavailable, OffsetOutOfRange, Partition, Record

from tenure_journal.canonical import canonical
from tenure_journal.chain import START, Orphans, Realm, judge, link_of
from tenure_journal.collection import collection_paused
from tenure_journal.errors import LogRewritten, NotReady, StreamParked
from tenure_journal.history import History
from tenure_journal.passing import Passing
from tenure_journal.past import PastStates, unfoldable
from tenure_journal.stream import Accepted, Event, Kind, Meta, State, Stream, TopicFold
from tenure_journal.void import is_void, void_codec

KEEP_RECENT = 1_000
BACK_OFF_SECONDS = 0.5
FOLDING_AGAIN = "a record was voided; being folded again"

log = structlog.get_logger()
Listener = Callable[[frozenset[str]], None]


class Replica:
    """Reads whole lifecycle topics from the beginning, gives each record its verdict and folds what is accepted.

    Everything is in memory: a crash loses nothing, a start replays. `alarm` is set, and nothing more is read,
    where the log contradicts what was read before.
    """

    def __init__(self, event_log: EventLog, folds: Sequence[TopicFold]) -> None:
        self._log = event_log
        self._folds = {fold.spec.name: fold for fold in folds}
        self._realms: dict[str, Realm] = {fold.spec.name: fold.realm for fold in folds}
        self._kinds: dict[str, Kind] = {kind.name: kind for fold in folds for kind in fold.kinds}
        self._streams: dict[str, Stream] = {}
        self._by_kind: dict[str, dict[str, Stream]] = {}
        self._recorded_us: dict[Partition, int] = {}
        self._last: dict[Partition, Record] = {}
        self._unrecognised: set[Partition] = set()
        self._recent: OrderedDict[tuple[str, int], tuple[Record, Link]] = OrderedDict()
        self._listeners: list[Listener] = []
        self._passing = Passing()
        self._history = History(event_log)
        self._past = PastStates(self._history, self._decoded)
        self._task: asyncio.Task[None] | None = None
        self.orphans: dict[str, Orphans] = {fold.spec.name: Orphans() for fold in folds}
        self._caught_up = False
        self.accepted = 0
        self.alarm: Exception | None = None
        self.trouble: str | None = None

    async def start(self) -> None:
        """Reads all that is there now, then goes on in the background.

        Raises what reading raises. After LogUnavailable nothing is left running; it may be called again at any time.
        """
        starts = await self._log.start_offsets(list(self._folds))
        if truncated := {p: at for p, at in starts.items() if at > 0}:
            raise OffsetOutOfRange(f"a lifecycle topic must start at offset 0, but the log starts at {truncated}")
        self._passing.begin(starts)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_on(), name="replica")
        try:
            with collection_paused():
                await self.catch_up()
        except BaseException:
            await self._end_reading()
            raise
        self._caught_up = True

    async def stop(self) -> None:
        """Ends the reading; what was folded can still be read."""
        await self._end_reading()
        self._passing.fail(NotReady("the replica has stopped"))

    async def _end_reading(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def positions(self) -> dict[Partition, int]:
        """The next offset of each partition: all before it is folded."""
        return dict(self._passing.positions)

    @property
    def topics(self) -> list[str]:
        return list(self._folds)

    def parked(self) -> dict[str, str]:
        """The streams on which nothing is decided, with the reason."""
        return {s.name: s.parked for s in self._streams.values() if s.parked}

    def stream(self, name: str) -> Stream | None:
        return self._streams.get(name)

    def names(self) -> list[str]:
        """Every stream that has an event."""
        return list(self._streams)

    def streams(self, kind: str) -> Mapping[str, Stream]:
        """All streams of a kind, by name."""
        return self._by_kind.get(kind, {})

    def state(self, name: str) -> State:
        """The folded state; the kind's initial one where the stream has no event. Raises StreamParked."""
        stream = self._streams.get(name)
        if stream is None:
            return self.kind_of(name).initial
        if stream.parked:
            raise StreamParked(name, stream.parked)
        return stream.state

    def kind_of(self, name: str) -> Kind:
        """The kind of a stream's name. Raises KeyError where no fold has it."""
        return self._kinds[kind_name(name)]

    def subscribe(self, listener: Listener) -> None:
        """`listener` is called with the names of the streams that changed, after each batch; it must not block."""
        self._listeners.append(listener)

    async def catch_up(self, topics: Iterable[str] | None = None) -> None:
        """Returns when all that was on the log at some moment after the call is folded."""
        await self.wait_for(await self._ends(list(topics or self._folds)))

    async def catch_up_partition(self, partition: Partition) -> None:
        """Like `catch_up`, for the one partition that a decision needs."""
        ends = await self._ends([partition.topic])
        await self.wait_for({partition: ends[partition]})

    async def _ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """The log's ends. Raises OffsetOutOfRange, for good, where it ends before what was read."""
        passed = self.positions
        ends = await self._log.end_offsets(topics)
        if lost := {p: end for p, end in ends.items() if end < passed.get(p, 0)}:
            self._sound(OffsetOutOfRange(f"the log ends at {lost}, but more was read: it was truncated or made anew"))
        if self.alarm:
            raise self.alarm
        return ends

    async def wait_for(self, offsets: Mapping[Partition, int], timeout_seconds: float | None = None) -> None:
        """Returns when every record below `offsets` is folded; others' partitions are not waited for.

        Raises TimeoutError, or the replica's alarm.
        """
        if timeout_seconds is not None:
            async with asyncio.timeout(timeout_seconds):
                return await self.wait_for(offsets)
        for partition, offset in offsets.items():
            if partition.topic in self._folds:
                await self._passing.wait(partition, offset)
        return None

    def digest(self) -> tuple[dict[Partition, int], str]:
        """The offset vector and SHA-256 over the canonical state of all streams there: equal for equal logs."""
        whole = sha256()
        for name in sorted(self._streams):
            stream = self._streams[name]
            state = None if stream.parked else stream.state
            whole.update(canonical((name, stream.sequence, stream.digest, stream.parked is not None, state)))
        return self.positions, whole.hexdigest()

    async def accepted_at(self, stream: Stream, sequence: int) -> Accepted:
        """Where the event at `sequence` is and what it came from; older ones are fetched from the log."""
        recent = self._recent.get((stream.name, sequence))
        if recent:
            return _accepted(*recent)
        [(record, link)] = await self._history.records(stream, sequence, sequence)
        return _accepted(record, link)

    async def past(self, name: str, sequence: int, effective_at: datetime | None = None) -> State:
        """The stream's state after its first `sequence` events: of those that had happened by then, where asked so.

        Raises StreamParked where one of them can't be folded.
        """
        kind = self.kind_of(name)
        stream = self._streams.get(name)
        if stream is None or sequence == 0:
            return kind.initial
        known = min(sequence, stream.sequence)
        if known == stream.sequence and effective_at is None and not stream.parked:
            return stream.state
        return await self._past.state(stream, kind, known, effective_at)

    async def metas(self, name: str, first: int = 1, last: int | None = None) -> list[Meta]:
        """What the log says of a stream's accepted events; nothing is decoded, so that it works on any stream."""
        stream = self._streams.get(name)
        if stream is None:
            return []
        records = await self._history.records(stream, first, last or stream.sequence)
        return [stream.meta_of(record, link) for record, link in records]

    async def events(
        self, name: str, first: int = 1, last: int | None = None, wanted: Callable[[Meta], bool] = lambda meta: True
    ) -> list[tuple[Meta, Event]]:
        """A stream's accepted events with what the log says of each; None in place of an event that is not ours.

        Only what is `wanted` is decoded.
        """
        stream = self._streams.get(name)
        if stream is None:
            return []
        found = list[tuple[Meta, Event]]()
        for record, link in await self._history.records(stream, first, last or stream.sequence):
            meta = stream.meta_of(record, link)
            if wanted(meta):
                found.append((meta, self._decoded(record, meta)))
        return found

    async def _read_on(self) -> None:
        while self.alarm is None:
            try:
                await self._read()
            except LogUnavailable as unavailable:
                await self._back_off(unavailable)
            except Exception as alarm:  # noqa: BLE001 - whatever it is, reading on as if nothing had happened is worse
                self._sound(alarm)

    async def _back_off(self, unavailable: LogUnavailable) -> None:
        self.trouble = f"log unavailable: {unavailable}"
        await asyncio.sleep(BACK_OFF_SECONDS)

    def _sound(self, alarm: Exception) -> None:
        """Nothing more is read, and everyone who waits is told why."""
        self.alarm = alarm
        log.error("replica_alarm", alarm=type(alarm).__name__, reason=str(alarm))
        self._passing.fail(alarm)

    async def _read(self) -> None:
        await self._ends(self.topics)
        self.trouble = None
        # From the last record on: what lies there now must be what was folded, or the log was made anew.
        self._unrecognised = set(self._last)
        start = {p: self._last[p].offset if p in self._last else at for p, at in self._passing.positions.items()}
        async with aclosing(self._log.read(start)) as batches:
            async for batch in batches:
                await self._take(batch)
        raise LogUnavailable("the log ended the reading")

    async def _take(self, batch: Batch) -> None:
        at, positions, last = batch.partition, self._passing.positions, self._last
        changed: set[str] = set()
        for record in batch.records:
            if self.alarm:
                raise self.alarm
            if record.offset < positions[at]:
                self._recognise(at, record)
                continue
            if at in self._unrecognised:
                raise LogRewritten(at, last[at].offset)
            if stream := self._fold(at, record):
                changed.add(stream.name)
                if stream.parked == FOLDING_AGAIN:
                    await self._fold_again(stream)
            # Record by record: whatever ends this batch early, none is folded twice.
            last[at], positions[at] = record, record.offset + 1
        self._passing.reach(at, max(positions[at], batch.next_offset))
        self._tell(frozenset(changed))

    def _tell(self, changed: frozenset[str]) -> None:
        for listener in self._listeners if changed else ():
            listener(changed)

    def _recognise(self, partition: Partition, record: Record) -> None:
        """A record that was folded before: after a reconnect, or because the log delivers twice."""
        last = self._last[partition]
        if record.offset == last.offset:
            if record != last:
                raise LogRewritten(partition, record.offset)
            self._unrecognised.discard(partition)

    def _fold(self, at: Partition, record: Record) -> Stream | None:
        """Gives the record its verdict; its stream where it was accepted."""
        link = link_of(record)
        name = link.subject.decode() if link else ""
        stream = self._streams.get(name)
        head = stream.head_at if stream else START
        verdict = judge(self._realms[at.topic], record, link, head)
        recorded_us = self._recorded_us[at] = max(self._recorded_us.get(at, 0), record.append_time_ms * 1_000)
        if verdict != "accepted" or link is None:
            self.orphans[at.topic].add(record, link, verdict, head)
            return None
        if stream is None:
            stream = self._open(name, at)
        meta = Meta(record, link, recorded_us)
        stream.extend(link, meta, recorded_us)
        self.accepted += 1
        if self._caught_up:
            self._remember(name, record, link)
        self._advance(stream, record, meta)
        return stream

    def _open(self, name: str, at: Partition) -> Stream:
        kind = self._kinds.get(kind_name(name))
        stream = Stream(name, at, kind, kind.initial if kind else None)
        self._streams[name] = stream
        self._by_kind.setdefault(kind_name(name), {})[name] = stream
        return stream

    def _remember(self, name: str, record: Record, link: Link) -> None:
        """For receipts: of what was accepted before the start they are asked for seldom."""
        self._recent[(name, link.sequence)] = (record, link)
        if len(self._recent) > KEEP_RECENT:
            self._recent.popitem(last=False)

    def _advance(self, stream: Stream, record: Record, meta: Meta) -> None:
        try:
            if is_void(meta.link):
                self._void(stream, record, meta)
            elif stream.kind and not stream.parked:
                stream.state = self._folded(stream.kind, stream.state, record, meta)
        except Exception as why:  # noqa: BLE001 - an unreadable event or a bug in `evolve`: never guess, park
            if not stream.parked:
                stream.parked = unfoldable(meta, why)
            log.error("stream_parked", stream=stream.name, sequence=meta.sequence, reason=stream.parked)

    def _folded(self, kind: Kind, state: State, record: Record, meta: Meta) -> State:
        event = self._folds[record.topic].codec.decode(meta.dataschema, record.value or b"")
        return state if event is None else kind.fold(state, event, meta)

    def _decoded(self, record: Record, meta: Meta) -> Event:
        fold = self._folds[record.topic]
        codec = void_codec(fold.service) if is_void(meta.link) else fold.codec
        return codec.decode(meta.dataschema, record.value or b"")

    def _void(self, stream: Stream, record: Record, meta: Meta) -> None:
        event = self._decoded(record, meta)
        stream.voided.setdefault((event.sequence, event.digest), meta.sequence)
        if stream.kind:
            stream.parked = FOLDING_AGAIN

    async def _fold_again(self, stream: Stream) -> None:
        """After a void: the whole stream once more, without what was voided. Nothing else is read meanwhile."""
        while stream.parked == FOLDING_AGAIN:
            try:
                stream.state = await self.past(stream.name, stream.sequence)
                stream.parked = None
            except LogUnavailable as unavailable:
                await self._back_off(unavailable)
            except StreamParked as still:
                stream.parked = f"after a void: {still.reason}"


def kind_name(stream: str) -> str:
    """`registry/model/delay-predictor` is of kind `registry/model`."""
    service, _, rest = stream.partition("/")
    return f"{service}/{rest.partition('/')[0]}"


def _accepted(record: Record, link: Link) -> Accepted:
    event_id = link.event_id.decode("utf-8", "replace")
    digest = link.command_digest.decode("utf-8", "replace")
    return Accepted(event_id, link.sequence, link.digest, record.partition, record.offset, digest)
