"""How does a batch file become changes of a source, once?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from tenure_context_sync.change.change import Unreadable, checked_row, limited_key
from tenure_context_sync.erasure.door import NO_SUBJECT, seal_rows
from tenure_context_sync.erasure.personal import Personal, personal_among, plain_values, read_fields, subject_of
from tenure_eventlog import EventLog, Message, Partition, TopicMissing
from tenure_eventlog.topics import DAY_MS, TopicSpec
from tenure_keyring import Keyring

from tenure.sources.files import BatchFile, FileRefused
from tenure.sources.rows import MAX_ROW_BYTES, FileFormat, Row, read_rows

APPEND_ROWS = 1_000
MOST_LOADS = 100_000
RETENTION_DAYS = 7


@dataclass(frozen=True, slots=True)
class Target:
    """The source, as it is registered: its `types` by field, where its rows say when and where they are, and what of
    them is `personal`."""

    topic: str
    key: tuple[str, ...]
    types: Mapping[str, str]
    time_field: str
    position_field: str | None
    personal: Personal | None = None

    @classmethod
    def of(cls, registered: Mapping[str, Any]) -> "Target":
        """Raises FileRefused for a source that takes no files."""
        name = registered["source"]
        if registered["format"] != "json":
            raise FileRefused(f"{name} is fed by {registered['format']}, not by files: register one of format json")
        if not registered.get("time_field"):
            raise FileRefused(f"{name} declares no time_field for the file's time to go into: register one that does")
        types = {field["name"]: field["type"] for field in registered["fields"]}
        marks = {field["name"]: bool(field.get("personal")) for field in registered["fields"]}
        return cls(
            registered["topic"],
            tuple(registered["key"]),
            types,
            registered["time_field"],
            registered["position_field"],
            personal_among(name, marks, registered.get("subject_field"), registered["key"]),
        )

    @property
    def loads(self) -> TopicSpec:
        """What was loaded, by digest."""
        return TopicSpec(name=f"{self.topic}.loads", partitions=1, cleanup="compact")


class Loaded(NamedTuple):
    """`known_since` is when the same content was loaded before; then nothing was appended."""

    rows: int
    known_since: datetime | None


class _Load(msgspec.Struct):
    """What is noted of a load, under its content's digest."""

    file: str
    rows: int
    modified_at: datetime
    loaded_at: datetime


async def load(
    event_log: EventLog,
    target: Target,
    file: BatchFile,
    file_format: FileFormat,
    partitions: int = 1,
    ring: Keyring | None = None,
) -> Loaded:
    """Every row is checked before the first one is appended. The load is noted after its last row: a crash before that
    repeats it, which changes no row. What is personal is sealed before the append, so that the log never has it plain.

    Raises FileRefused; what the log and the key ring raise.
    """
    if target.personal and ring is None:
        raise FileRefused(f"{target.topic} has personal fields: set TENURE_SUBJECT_KEYS to the database of their keys")
    await _make_topics(event_log, target, partitions)
    if known := (await _loads(event_log, target)).get(file.digest):
        return Loaded(known.rows, known.loaded_at)
    place = sum((await event_log.end_offsets([target.topic])).values()) + 1  # each load appends, so it rises
    count = sum(1 for _ in _messages(target, file, file_format, place))
    for some in _some(_messages(target, file, file_format, place)):
        await event_log.append(await _sealed(target, ring, some))
    note = _Load(file.name, count, file.modified_at, datetime.now(UTC))
    await event_log.append([Message(target.loads.name, file.digest.encode(), msgspec.json.encode(note))])
    return Loaded(count, None)


async def _make_topics(event_log: EventLog, target: Target, partitions: int) -> None:
    try:
        await event_log.end_offsets([target.topic])
    except TopicMissing:
        spec = TopicSpec(name=target.topic, partitions=partitions, retention_ms=RETENTION_DAYS * DAY_MS)
        await event_log.create_topics([spec])
    await event_log.create_topics([target.loads])


async def _loads(event_log: EventLog, target: Target) -> Mapping[str, _Load]:
    """By digest. Raises FileRefused where there are more than anybody can mean."""
    partition = Partition(target.loads.name, 0)
    end = (await event_log.end_offsets([target.loads.name]))[partition]
    place = (await event_log.start_offsets([target.loads.name]))[partition]
    if end - place > MOST_LOADS:
        raise FileRefused(f"{target.loads.name} holds over {MOST_LOADS} loads: give new files a source of their own")
    found: dict[str, _Load] = {}
    async with aclosing(event_log.read({partition: place})) as batches:
        while place < end:
            batch = await anext(batches)
            for record in batch.records:
                if record.key and record.value:
                    found[record.key.decode()] = msgspec.json.decode(record.value, type=_Load)
            place = batch.next_offset
    return found


def _messages(target: Target, file: BatchFile, file_format: FileFormat, place: int) -> Iterator[Message]:
    at = file.modified_at.isoformat()
    for row in read_rows(file.path, file_format, target.types):
        try:
            yield _message(target, row, at, place)
        except Unreadable as why:
            raise FileRefused(f"line {row.line}: {why}") from None


def _message(target: Target, row: Row, at: str, place: int) -> Message:
    """Raises Unreadable."""
    missing = [name for name in target.key if row.fields.get(name) is None]
    if missing:
        raise Unreadable(f"no {', '.join(missing)}, which is its key")
    fields = row.fields if row.fields.get(target.time_field) is not None else {**row.fields, target.time_field: at}
    if target.position_field is not None and fields.get(target.position_field) is None:
        fields = {**fields, target.position_field: place}
    try:
        value = msgspec.json.encode(fields)
        key = limited_key({name: fields[name] for name in target.key})
    except (TypeError, ValueError, OverflowError) as why:
        raise Unreadable(str(why)) from None
    if len(value) > MAX_ROW_BYTES:
        raise Unreadable(f"{len(value)} bytes, the limit is {MAX_ROW_BYTES}")
    checked_row(value)
    _demand_subject(target, value)
    return Message(target.topic, key.encode(), value)


def _demand_subject(target: Target, row: bytes) -> None:
    """Raises Unreadable for personal values that are nobody's."""
    personal = target.personal
    if personal and plain_values(personal, fields := read_fields(row)) and subject_of(personal, fields) is None:
        raise Unreadable(f"{NO_SUBJECT}: personal values, and no id in {personal.subject_field}")


async def _sealed(target: Target, ring: Keyring | None, messages: Sequence[Message]) -> Sequence[Message]:
    if target.personal is None or ring is None:
        return messages
    rows = [((one.key or b"").decode(), (one.value or b"").decode()) for one in messages]
    texts = await seal_rows(ring, target.personal, rows)
    return [one._replace(value=text.encode()) for one, text in zip(messages, texts, strict=True)]


def _some(messages: Iterator[Message]) -> Iterator[Sequence[Message]]:
    return iter(lambda: list(islice(messages, APPEND_ROWS)), [])
