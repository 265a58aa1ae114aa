"""Where do records go that a processor can't read, and how do they come back?"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import asyncpg
from tenure_eventlog.port import Partition, Record

from tenure_ingest.processor import Effects, Processor, Reopening, Scoped
from tenure_ingest.quarantined import Quarantined
from tenure_ingest.queries import QUERIES
from tenure_ingest.readers import with_room
from tenure_ingest.stops import QuarantineFull

QUARANTINE_LIMIT = 1_000
AT_ONCE = 1_000
UNOPENABLE = "can-not-be-opened"


class Place(NamedTuple):
    """Where a held record is; in this order they are listed and replayed. `scope` is "" where it is held for all."""

    topic: str
    partition: int
    offset: int
    scope: str = ""


BEGINNING = Place("", -1, -1)


class Which(NamedTuple):
    """Of which records the talk is; None: of all."""

    reason: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    scope: str | None = None


class Done(NamedTuple):
    """`again`: how many are held once more. `last`: where it ended, if there may be more."""

    records: int
    again: int
    last: Place | None


async def quarantine(
    connection: asyncpg.Connection, processor: str, bad: Sequence[Quarantined], limit: int = QUARANTINE_LIMIT
) -> None:
    """Keeps the bad records, in the transaction that is open; call it from `Processor.apply`.

    What is held for one reader alone has a limit of its own, beyond which it is counted and not kept: the others have
    taken it, so one old reader must not stop them.

    Raises: QuarantineFull, when a partition would hold more than `limit`: nothing is written, the partition stops.
    """
    if not bad:
        return
    kept = await with_room(connection, processor, bad, limit) if any(one.scope for one in bad) else bad
    await connection.executemany(QUERIES["quarantine"], [_row(processor, one) for one in kept])
    topics, numbers = zip(*sorted({(one.record.topic, one.record.partition) for one in bad}), strict=True)
    full = await connection.fetchrow(QUERIES["fullest"], processor, topics, numbers, limit)
    if full:
        raise QuarantineFull(Partition(full["topic"], full["partition"]), limit)


async def quarantine_counts(connection: asyncpg.Connection, processor: str) -> dict[tuple[Partition, str], int]:
    """How many records are held, by partition and reason."""
    rows = await connection.fetch(QUERIES["quarantine_counts"], processor)
    return {(Partition(row["topic"], row["partition"]), row["reason"]): row["records"] for row in rows}


async def replay(
    connection: asyncpg.Connection,
    processor: Processor[Effects],
    which: Which = Which(),
    after: Place = BEGINNING,
    at_most: int = AT_ONCE,
) -> Done:
    """Gives held records to the processor again, as they came, oldest first, in one transaction.

    Those that it still can't read are held again. A crash on the way leaves all as it was; of two callers at once the
    second finds what the first left. One that is held for a scope goes to that scope alone.
    """
    async with connection.transaction():
        claimed = await connection.fetch(QUERIES["claim"], processor.name, *which, *after, at_most)
        columns = _columns(claimed)
        await connection.execute(QUERIES["release"], processor.name, *columns)
        for scope, rows in groupby(sorted(claimed, key=_scope), key=_scope):
            records = [record_of(row) for row in rows]
            opened = await as_they_came(processor, records)
            effects = _process(processor, scope, [one for one in opened if one])
            await processor.apply(connection, effects)
            lost = [one for one, as_it_came in zip(records, opened, strict=True) if as_it_came is None]
            held = [Quarantined(UNOPENABLE, one, scope or None) for one in lost]
            await quarantine(connection, processor.name, held)
        since = [row["held_at"] for row in claimed]
        again = await connection.fetch(QUERIES["held_since"], processor.name, *columns, since)
        return Done(len(claimed), len(again), _last(claimed, at_most))


async def discard(
    connection: asyncpg.Connection,
    processor: str,
    which: Which,
    by: tuple[str, str],
    after: Place = BEGINNING,
    at_most: int = AT_ONCE,
) -> Done:
    """Drops the bodies of held records, oldest first; `by`: who does it, and why. That stays, with the moment."""
    async with connection.transaction():
        claimed = await connection.fetch(QUERIES["claim"], processor, *which, *after, at_most)
        await connection.execute(QUERIES["discard"], processor, *_columns(claimed), *by)
        return Done(len(claimed), 0, _last(claimed, at_most))


async def as_they_came(processor: Processor[Effects], records: Sequence[Record]) -> Sequence[Record | None]:
    """Held records as the log gave them; None for what nobody can open any more."""
    return await processor.reopened(records) if isinstance(processor, Reopening) else records


def _process(processor: Processor[Effects], scope: str, records: Sequence[Record]) -> Effects:
    if not scope:
        return processor.process(records)
    if not isinstance(processor, Scoped):
        raise TypeError(f"{processor.name} holds records for {scope}, but can't give them to one reader alone")
    effects: Effects = processor.process_for(scope, records)
    return effects


def _last(claimed: Sequence[asyncpg.Record], at_most: int) -> Place | None:
    return place_of(claimed[-1]) if len(claimed) == at_most else None


def place_of(row: asyncpg.Record) -> Place:
    return Place(row["topic"], row["partition"], row["offset"], _scope(row))


def _scope(row: asyncpg.Record) -> str:
    return row["scope"] or ""


def _columns(rows: Sequence[asyncpg.Record]) -> tuple[list[object], ...]:
    places = [place_of(row) for row in rows]
    return tuple([list(column) for column in zip(*places, strict=True)] or [[], [], [], []])


def _row(processor: str, bad: Quarantined) -> tuple[object, ...]:
    record = bad.record
    names, values = [name for name, _ in record.headers], [value for _, value in record.headers]
    place = (processor, record.topic, record.partition, record.offset)
    return (*place, bad.reason, record.append_time_ms, record.key, record.value, names, values, bad.scope)


def record_of(row: asyncpg.Record) -> Record:
    """As it is held."""
    headers = tuple(zip(row["header_names"], row["header_values"], strict=True))
    place = (row["topic"], row["partition"], row["offset"])
    return Record(*place, row["append_time_ms"], row["key"], row["value"], headers)
