"""Does the store equal the captured table, whatever becomes of the engine?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from tenure.sources.supervisor import Stopped
from tenure_eventlog.embedded import EmbeddedPostgres

from tests.integration.context_sync.engine.site import Site, site, until

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shop(tmp_path: Path, postgres: EmbeddedPostgres) -> AsyncIterator[Site]:
    names = [f"{part}_{uuid4().hex}" for part in ("captured", "store")]
    captured, store = [await postgres.create_database(name) for name in names]
    async with site(tmp_path, captured, store) as opened:
        yield opened


async def test_after_a_snapshot_updates_deletes_and_alter_table(shop: Site) -> None:
    async with shop.capturing():
        await shop.equal()
        await shop.changed(
            "insert into customers values (4, 'Dee', null, repeat('long ', 2000))",
            "update customers set name = 'Bea', credit = 2.20 where id = 2",
            "update customers set id = 30 where id = 3",
            "delete from customers where id = 1",
        )
        await shop.equal()
        await shop.changed(
            "alter table customers add column tier text default 'std'",
            "alter table customers rename column name to full_name",
            "update customers set tier = 'gold'",
        )
        await shop.equal()
        await shop.changed("truncate customers", "insert into customers (id, tier) values (9, null)")
        await shop.equal()
    assert shop.troubles == []


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.soak)])
async def test_after_kills_in_the_middle_of_changes_and_a_restart_with_changes_meanwhile(
    shop: Site, kills: int
) -> None:
    async with shop.capturing() as supervisor:
        await shop.equal()
        for number in range(1, kills + 1):
            delivered = supervisor.delivered
            writing = asyncio.create_task(shop.changed(*inserts(number)))
            await until(lambda: more(supervisor.delivered > delivered), lambda: "nothing came")  # noqa: B023
            shop.kill()
            await writing
            await shop.changed("delete from customers where id = 1", f"delete from customers where id = {number}007")
            await shop.equal()
    assert shop.troubles[0].reason == "its process was killed"
    await shop.changed("update customers set name = 'Bea' where id = 2", "delete from customers where id = 3")
    async with shop.capturing():
        await shop.equal()
    assert shop.engines() == []


def inserts(number: int) -> list[str]:
    return [f"insert into customers values ({number}{row:03}, 'x')" for row in range(200)]


async def test_a_snapshot_that_was_cut_short_leaves_no_row_that_was_deleted_before_the_second(shop: Site) -> None:
    async with shop.capturing():
        await shop.equal()
    shop.folder.mark("begun")
    await shop.changed("delete from customers where id = 1", "update customers set name = 'Bea' where id = 2")
    async with shop.capturing():
        await shop.equal()
    assert [op for op, _ in await shop.appended()] == ["r", "r", "r", "t", "r", "r"]


async def test_a_refused_password_is_told_in_words_and_tried_again_and_never_to_be_read(shop: Site) -> None:
    right, wrong = shop.folder.password, f"wrong-{uuid4().hex}"
    (shop.folder.path / "password").write_text(wrong)
    async with shop.capturing() as supervisor:
        await until(lambda: more(bool(shop.troubles)), lambda: "no trouble")
        assert supervisor.trouble is not None
        assert "the database refuses the password" in supervisor.trouble.reason
        (shop.folder.path / "password").write_text(right)
        await until(lambda: more(bool(shop.engines())), lambda: "no engine")
        [engine] = shop.engines()
        readable = [*engine.cmdline(), *engine.environ().values()]
        await shop.equal()
        assert supervisor.trouble is None
    written = [path.read_text(errors="replace") for path in shop.folder.path.iterdir() if path.name != "password"]
    assert not any(secret in text for secret in (right, wrong) for text in [*readable, *written])
    assert (shop.folder.path / "password").stat().st_mode & 0o77 == 0


async def test_a_lost_slot_ends_it_rather_than_going_on_with_a_gap(shop: Site) -> None:
    shop.folder.mark("done")
    with pytest.raises(Stopped, match="add the tables again under another --name"):
        async with asyncio.timeout(30):
            await shop.supervisor().run()


async def test_a_slot_of_another_installation_is_left_alone(shop: Site) -> None:
    await shop.changed("select pg_create_logical_replication_slot('tenure_crm', 'pgoutput')")
    with pytest.raises(Stopped, match="another installation"):
        async with asyncio.timeout(30):
            await shop.supervisor().run()
    assert shop.folder.snapshot == "none"


async def more(true: bool) -> bool:
    return true
