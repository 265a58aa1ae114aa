"""A broker and a database for the hosts."""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import asyncpg
import pytest
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.port import Record
from tenure_ingest import Quarantined, migrate, quarantine


@pytest.fixture(scope="session")
def ingest_postgres() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="tenure-ingest-") as directory:
        Path(directory).chmod(0o755)  # root runs the server as another user, who must get in
        server = asyncio.run(EmbeddedPostgres.start(directory))
        yield server
        asyncio.run(server.stop())


@pytest.fixture
async def ingest_database(ingest_postgres: EmbeddedPostgres) -> str:
    return await ingest_postgres.create_database(f"ingest_{uuid.uuid4().hex}")


@pytest.fixture
def ingest_kafka(kafka: str) -> str:
    """The broker's address for `open_log`."""
    return f"kafka://{kafka}"


class Letters:
    """Writes each record's value to a table without a key, so that a doubled effect shows; `bad` is quarantined."""

    name, migrations = "letters", None

    def __init__(self, *topics: str, limit: int = 1_000) -> None:
        self.wanted, self.limit = set(topics), limit
        self.readable: set[bytes] = set()

    def topics(self) -> set[str]:
        return self.wanted

    def process(self, records: Sequence[Record]) -> tuple[list[str], list[Quarantined]]:
        bad = [Quarantined("unreadable", one) for one in records if not self._readable(one)]
        return [str((one.value or b"").decode()) for one in records if self._readable(one)], bad

    def _readable(self, record: Record) -> bool:
        value = record.value or b""
        return not value.startswith(b"bad") or value in self.readable

    async def apply(self, connection: asyncpg.Connection, effects: tuple[list[str], list[Quarantined]]) -> None:
        letters, bad = effects
        await connection.execute("insert into letter select * from unnest($1::text[])", letters)
        await quarantine(connection, self.name, bad, self.limit)


@pytest.fixture
def letters() -> Callable[..., Letters]:
    """Makes the processor."""
    return Letters


@pytest.fixture
async def reading(ingest_database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own to the database, with the table of `Letters`."""
    connection = await asyncpg.connect(ingest_database)
    await migrate(connection, "tenure_ingest")
    await connection.execute("create table letter (value text)")
    yield connection
    await connection.close()
