"""Keys in a database of their own, wrapped under a master that is elsewhere.

What Postgres keeps for a while of a destroyed key (dead rows, its write-ahead log, backups) is wrapped still: rotate
the master, `rewrap`, and forget the old one, and none of it opens any more. Don't back it up with the data.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from tenure_artifacts.keys import KeyId, KeyRing, WrappedKey
from tenure_eventlog.queries import queries
from tenure_ingest import migrate

from tenure_keyring.errors import SealBroken
from tenure_keyring.port import DATA_KEY_BYTES, KEY_ID_BYTES, Holder, Mark, SubjectKey

SQL = queries("tenure_keyring")
REWRAPPED_AT_ONCE = 500
CONNECT_SECONDS = 10.0
_PEPPER = b"tenure/keyring/pepper"


class PostgresKeys:
    """Any number of processes may use one database."""

    def __init__(self, pool: asyncpg.Pool, master: KeyRing) -> None:
        self._pool, self._master = pool, master

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, master: KeyRing) -> AsyncIterator["PostgresKeys"]:
        """Makes the tables that are missing."""
        async with asyncpg.create_pool(dsn, min_size=1, max_size=4, timeout=CONNECT_SECONDS) as pool:
            async with pool.acquire() as connection:
                await migrate(connection, "tenure_keyring")
            yield cls(pool, master)

    async def pepper(self) -> bytes:
        row = await self._pool.fetchrow(SQL["pepper"])
        if row is None:
            made = self._master.wrap(secrets.token_bytes(DATA_KEY_BYTES), _PEPPER)
            await self._pool.execute(SQL["make_pepper"], made.key, made.sealed)
            row = await self._pool.fetchrow(SQL["pepper"])
        return self._unwrapped(row, _PEPPER)

    async def for_sealing(self, holders: Collection[Holder]) -> Mapping[Holder, SubjectKey | None]:
        found = await self._living(holders)
        missing = [one for one in holders if one not in found]
        made = await self._made(missing) if missing else {}
        return {one: found.get(one) or made.get(one) for one in holders}

    async def for_opening(self, ids: Collection[bytes]) -> Mapping[bytes, bytes | None]:
        rows = await self._pool.fetch(SQL["keys_by_id"], list(ids))
        return {row["id"]: self._unwrapped(row, row["id"]) if row["wrapped"] else None for row in rows}

    async def destroy(self, mark: Mark) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["mark_destroyed"], mark)
            status: str = await connection.execute(SQL["destroy_keys"], mark)
        return int(status.rpartition(" ")[2])

    async def destroyed(self, marks: Collection[Mark]) -> frozenset[Mark]:
        return frozenset(Mark(row["mark"]) for row in await self._pool.fetch(SQL["destroyed"], list(marks)))

    async def readmit(self, mark: Mark) -> None:
        await self._pool.execute(SQL["readmit"], mark)

    async def rewrap(self) -> int:
        count = 0
        while rows := await self._pool.fetch(SQL["wrapped_otherwise"], self._master.active, REWRAPPED_AT_ONCE):
            fresh = [self._master.wrap(self._unwrapped(row, row["id"]), row["id"]).sealed for row in rows]
            await self._pool.execute(SQL["rewrap_keys"], self._master.active, [row["id"] for row in rows], fresh)
            count += len(rows)
        return count + await self._rewrap_pepper()

    async def _rewrap_pepper(self) -> int:
        row = await self._pool.fetchrow(SQL["pepper"])
        if row is None or row["master"] == self._master.active:
            return 0
        fresh = self._master.wrap(self._unwrapped(row, _PEPPER), _PEPPER)
        await self._pool.execute(SQL["rewrap_pepper"], fresh.key, fresh.sealed, row["wrapped"])
        return 1

    async def _living(self, holders: Collection[Holder]) -> dict[Holder, SubjectKey]:
        marks, purposes = [one.mark for one in holders], [one.purpose for one in holders]
        rows = await self._pool.fetch(SQL["living_keys"], marks, purposes)
        return {
            Holder(Mark(row["mark"]), row["purpose"]): SubjectKey(row["id"], self._unwrapped(row, row["id"]))
            for row in rows
        }

    async def _made(self, holders: Sequence[Holder]) -> dict[Holder, SubjectKey]:
        marks = sorted({one.mark for one in holders})
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["meet_subjects"], marks)
            held = await connection.fetch(SQL["hold_subjects"], marks)
            gone = {row["mark"] for row in held if row["destroyed_at"]}
            await connection.execute(SQL["make_keys"], *self._fresh([one for one in holders if one.mark not in gone]))
        return await self._living(holders)

    def _fresh(self, holders: Sequence[Holder]) -> tuple[list[bytes], list[bytes], list[str], list[str], list[bytes]]:
        """Columns of new keys."""
        ids = [secrets.token_bytes(KEY_ID_BYTES) for _ in holders]
        wrapped = [self._master.wrap(secrets.token_bytes(DATA_KEY_BYTES), one) for one in ids]
        return (
            ids,
            [one.mark for one in holders],
            [one.purpose for one in holders],
            [one.key for one in wrapped],
            [one.sealed for one in wrapped],
        )

    def _unwrapped(self, row: asyncpg.Record, context: bytes) -> bytes:
        secret = self._master.unwrap(WrappedKey(KeyId(row["master"]), row["wrapped"]), context)
        if secret is None:
            raise SealBroken("a key", f"does not open under master {row['master']}: another ring has one of this name")
        return secret
