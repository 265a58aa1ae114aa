"""How does a training table come from a pinned stretch of a source's changes, now or again later?

One partition of the source is held in memory at a time, at most `history.MOST_CHANGES` changes of it, beside the spine.
What is personal is sealed before it is written anywhere. Whoever builds again from the same ranges, instant and spine
gets the same rows in the same order, and so the same digest; see `table` for what that covers after an erasure.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
from tenure_eventlog import EventLog, Partition, Record
from tenure_keyring import Keyring

from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.erasure.door import KeyringMissing, seal_rows
from tenure_context_sync.erasure.personal import Personal, read_fields, subject_of
from tenure_context_sync.events import PartitionRange
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.snapshot.parquet import TableFile, table_file
from tenure_context_sync.snapshot.table import Columns, RowsDigest, TableRow, Wanted, table_rows

ROWS_AT_ONCE = 1_000
Reader = Callable[[Record], Change | None]
_write = msgspec.json.Encoder(order="sorted").encode
_object = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a table is made of; `read` is how the source's format is read, and raises Unreadable."""

    read: Reader
    columns: Columns
    ranges: tuple[PartitionRange, ...]
    as_of: datetime
    spine: Sequence[Wanted] | None


@dataclass(slots=True)
class Built:
    """`position`: the highest in the source's own log that went into it."""

    digest: RowsDigest
    position: int = 0
    subjects: set[str] = field(default_factory=set)


async def build(event_log: EventLog, plan: Plan, ring: Keyring | None, path: Path | None) -> Built:
    """Writes the table to `path`; only computes what it would be where that is None.

    Raises TooManyChanges, ValueRefused, KeyringMissing, OffsetOutOfRange (records have expired since).
    """
    if path and plan.columns.holds_personal and ring is None:
        raise KeyringMissing(str(KeyringMissing.__doc__))
    built, truncates = Built(RowsDigest(plan.columns)), await _truncates(event_log, plan)
    async with AsyncExitStack() as stack:
        file = stack.enter_context(table_file(path, plan.columns, spine=plan.spine is not None)) if path else None
        for one in plan.ranges:
            changes = [change async for change in _changes(event_log, plan.read, one)]
            built.position = max([built.position, *(change.position for change in changes)])
            history = History([*truncates, *(change for change in changes if change.kind != "truncate")])
            # Off the loop: others are served while a big partition is sorted.
            rows = await asyncio.to_thread(table_rows, history, plan.as_of, plan.spine)
            await _take(built, plan, rows, ring, file)
    return built


async def _take(built: Built, plan: Plan, rows: list[TableRow], ring: Keyring | None, file: TableFile | None) -> None:
    for at in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[at : at + ROWS_AT_ONCE]
        built.digest.add(some)
        if file:
            built.subjects |= _subjects(plan.columns, some)
            values = await _sealed(plan.columns.personal, ring, some)
            await asyncio.to_thread(file.add, list(zip(some, values, strict=True)))


def _subjects(columns: Columns, rows: Sequence[TableRow]) -> set[str]:
    """Whose data is in them, where any personal field is."""
    personal = columns.personal
    if personal is None or not columns.holds_personal:
        return set()
    found = {subject_of(personal, read_fields(_write(one.row.fields))) for one in rows if one.row}
    return {subject for subject in found if subject}


async def _sealed(
    personal: Personal | None, ring: Keyring | None, rows: Sequence[TableRow]
) -> list[Mapping[str, object]]:
    """Each row's values as they may be written."""
    values = [one.row.fields if one.row else {} for one in rows]
    if personal is None or ring is None:
        return [*values]
    texts = await seal_rows(
        ring, personal, [(one.key, _write(of_row).decode()) for one, of_row in zip(rows, values, strict=True)]
    )
    return [_object(text) for text in texts]


async def _truncates(event_log: EventLog, plan: Plan) -> list[Change]:
    """Of all partitions: each holds for the whole source, and only one of them has it."""
    found: list[Change] = []
    for one in plan.ranges:
        found += [change async for change in _changes(event_log, plan.read, one) if change.kind == "truncate"]
    return found


async def _changes(event_log: EventLog, read: Reader, one: PartitionRange) -> AsyncIterator[Change]:
    """What could be read of the range; what could not is in the quarantine, and in no table."""
    if one.start == one.end:
        return
    async with aclosing(event_log.read({Partition(one.topic, one.partition): one.start})) as batches:
        async for batch in batches:
            for record in batch.records:
                if record.offset < one.end and (change := _read(read, record)):
                    yield change
            if batch.next_offset >= one.end:
                return


def _read(read: Reader, record: Record) -> Change | None:
    try:
        return read(record)
    except Unreadable:
        return None
