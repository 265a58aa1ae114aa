"""What does the captured Postgres have, and what must be made in it first?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from tenure.sources.capture import Capture, CaptureRefused, Database

COLUMNS = """
select a.attname as name, t.typname as type, not a.attnotnull as nullable,
    coalesce(array_position(k.indkey::int2[], a.attnum), -1) as key_place
from pg_attribute as a
join pg_type as t on t.oid = a.atttypid
left join pg_index as k on k.indrelid = a.attrelid and k.indisprimary
where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
HEARTBEAT = "create table if not exists {} (id integer primary key, beat_at timestamptz not null)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its database describes it: columns as (name, type, nullable), the key in its own order."""

    name: str
    columns: tuple[tuple[str, str, bool], ...]
    key: tuple[str, ...]


@asynccontextmanager
async def connected(database: Database, password: str) -> AsyncIterator[asyncpg.Connection]:
    """Raises what asyncpg raises, and OSError."""
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        password=password,
        database=database.name,
        ssl=database.sslmode,
        timeout=10,
    )
    try:
        yield connection
    finally:
        await connection.close()


async def prepare(connection: asyncpg.Connection, capture: Capture) -> list[Table]:
    """The tables, once the database can tell of their changes. It may be done again. Raises CaptureRefused."""
    if await connection.fetchval("show wal_level") != "logical":
        raise CaptureRefused("set wal_level = logical in postgresql.conf and restart the database")
    tables = [await _table(connection, name) for name in capture.tables]
    try:
        async with connection.transaction():
            await connection.execute(HEARTBEAT.format(capture.heartbeat_table))
            await _publish(connection, capture)
    except asyncpg.InsufficientPrivilegeError as denied:
        raise CaptureRefused(
            f"{denied}: {capture.database.user} must own the tables and may create {capture.heartbeat_table} and a "
            "publication; or let their owner run this once"
        ) from None
    return [*tables, await _table(connection, capture.heartbeat_table)]


async def warnings(connection: asyncpg.Connection) -> Sequence[str]:
    """What will hurt one day."""
    if await connection.fetchval("show max_slot_wal_keep_size") == "-1":
        return (
            "max_slot_wal_keep_size is not set: while this engine is not running, the database keeps all that it "
            "writes, until its disk is full",
        )
    return ()


async def _table(connection: asyncpg.Connection, name: str) -> Table:
    rows = await connection.fetch(COLUMNS, name)
    key = tuple(row["name"] for row in sorted(rows, key=lambda row: row["key_place"]) if row["key_place"] >= 0)
    if not rows:
        raise CaptureRefused(f"there is no table {name}")
    if not key:
        raise CaptureRefused(f"{name} has no primary key: nobody could tell its rows apart, so give it one first")
    return Table(name, tuple((row["name"], row["type"], row["nullable"]) for row in rows), key)


async def _publish(connection: asyncpg.Connection, capture: Capture) -> None:
    """Of exactly these tables: one without a key could not be updated any more. The names were checked."""
    tables = ", ".join((*capture.tables, capture.heartbeat_table))
    known = await connection.fetchval("select 1 from pg_publication where pubname = $1", capture.slot)
    verb = f"alter publication {capture.slot} set table" if known else f"create publication {capture.slot} for table"
    await connection.execute(f"{verb} {tables}")


async def slot_status(connection: asyncpg.Connection, slot: str) -> str | None:
    """Whether the database still has what the slot needs: `lost` where not; None where there is no such slot."""
    status: str | None = await connection.fetchval(
        "select coalesce(wal_status, 'lost') from pg_replication_slots where slot_name = $1", slot
    )
    return status


async def forget_slot(connection: asyncpg.Connection, slot: str) -> None:
    """Raises asyncpg.ObjectInUseError while an engine that was killed still holds it."""
    await connection.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", slot
    )


async def place(connection: asyncpg.Connection) -> tuple[int, int]:
    """The write-ahead log's place, and the database's clock in milliseconds since 1970."""
    row = await connection.fetchrow(
        "select (pg_current_wal_insert_lsn() - '0/0')::bigint as lsn,"
        " (extract(epoch from clock_timestamp()) * 1000)::bigint as at_ms"
    )
    return row["lsn"], row["at_ms"]
