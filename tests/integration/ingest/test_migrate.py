"""When is a migration applied? Once, in order, whoever asks."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from tenure_ingest import MigrationEdited, migrate

pytestmark = pytest.mark.postgres


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shopping" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "0001_basket.sql").write_text(
        "create table basket (id text primary key); insert into basket values ('a')"
    )
    (folder / "0002_price.sql").write_text("alter table basket add column price integer")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shopping", raising=False)
    return folder


async def test_what_was_applied_is_not_applied_again(ingest_database: str, package: Path) -> None:
    connection = await asyncpg.connect(ingest_database)
    applied = [await migrate(connection, "shopping") for _ in range(2)]
    rows = await connection.fetch("select id, price from basket")
    await connection.close()
    assert (applied, [tuple(row) for row in rows]) == ([["0001_basket.sql", "0002_price.sql"], []], [("a", None)])


async def test_eight_processes_at_once_apply_each_migration_once(ingest_database: str, package: Path) -> None:
    connections = [await asyncpg.connect(ingest_database) for _ in range(8)]
    applied = await asyncio.gather(*(migrate(connection, "shopping") for connection in connections))
    for connection in connections:
        await connection.close()
    assert sorted(applied) == [[]] * 7 + [["0001_basket.sql", "0002_price.sql"]]


async def test_an_edited_migration_is_refused_and_a_failing_one_leaves_nothing(
    ingest_database: str, package: Path
) -> None:
    connection = await asyncpg.connect(ingest_database)
    (package / "0003_broken.sql").write_text("create table half (); select 1/0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, "shopping")
    assert await connection.fetchval("select to_regclass('basket')") is None
    (package / "0003_broken.sql").unlink()
    await migrate(connection, "shopping")
    (package / "0001_basket.sql").write_text("select 1")
    with pytest.raises(MigrationEdited):
        await migrate(connection, "shopping")
    await connection.close()
