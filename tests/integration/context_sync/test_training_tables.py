"""What does a model train on, and can that be made again?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tenure_artifacts import ArtifactStore, LocalKeyRing, parse_digest
from tenure_eventlog import Message
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_keyring import is_token

from tests.integration.context_sync.desk import MARCH, Desk
from tests.integration.context_sync.story import TOPIC, WRITTEN_AT_MS

pytestmark = pytest.mark.postgres
CANARY = "canary-c0ffee-Lovelace"


class School(Desk):
    """A desk whose artifacts can be looked into."""

    store: ArtifactStore
    directory: Path

    async def table(self, snapshot: str) -> list[dict[str, Any]]:
        found = await self.got(f"/snapshots/{snapshot}")
        path = self.directory / f"{snapshot}.parquet"
        self.store.pull(parse_digest(found["table"]["artifact"]), path)
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows

    def spine(self, *rows: tuple[str, float]) -> str:
        """Pushed: who, and at which minute."""
        path = self.directory / f"{uuid4().hex}.parquet"
        ids, minutes = zip(*rows, strict=True)
        times = pa.array([MARCH + timedelta(minutes=one) for one in minutes], pa.timestamp("us", tz="UTC"))
        pq.write_table(pa.table({"id": list(ids), "asked_at": times}), path)
        return self.store.push(path).digest


def customer(id: str, lsn: int, minute: float, op: str = "u", **row: Any) -> Message:
    source = {"ts_ms": WRITTEN_AT_MS + int(minute * 60_000), "lsn": lsn, "snapshot": "false"}
    after = None if op == "d" else {"id": id, **row}
    return Message(
        TOPIC, msgspec.json.encode({"id": id}), msgspec.json.encode({"op": op, "source": source, "after": after})
    )


@pytest.fixture
async def school(
    tmp_path: Path, database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[School]:
    monkeypatch.setenv("TENURE_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("TENURE_KEYRING", str(tmp_path / "keys.json"))
    async with AsyncExitStack() as stack:
        opened = await School.open(tmp_path, database, stack, await postgres.create_database(f"keys_{uuid4().hex}"))
        opened.directory = tmp_path
        opened.store = ArtifactStore.open(
            str(tmp_path / "artifacts"), LocalKeyRing.open_or_make(tmp_path / "keys.json")
        )
        types = {"id": "string", "name": "string", "spent": "double", "tags": "list"}
        fields = [{"name": name, "type": type, "personal": name == "name"} for name, type in types.items()]
        await opened.done("/sources", {"source": "customers", "topic": TOPIC, "key": ["id"], "fields": fields})
        body = {"context": "customers", "revision": 1, "source": "customers", "entity_key": ["id"]}
        await opened.done("/contexts", {**body, "fields": ["name", "spent", "tags"]})
        await opened.fed(
            customer("s-ada", 1, 0, name=CANARY, spent=1.5, tags=["new"]),
            customer("s-grace", 2, 1, name="Hopper", spent=7, tags=None),
            customer("s-ada", 4, 30, name=CANARY, spent=99, tags=["old"]),
            customer("s-ada", 3, 10, name=CANARY, spent=20, tags=[]),
            customer("s-gone", 5, 2, name="Gone", spent=1, tags=None),
            customer("s-gone", 6, 3, op="d"),
        )
        await opened.settled(3_600)
        yield opened


async def pinned(school: School, snapshot: str = "winter", **more: Any) -> dict[str, Any]:
    await school.done(
        "/snapshots", {"snapshot": snapshot, "context": "customers", "revision": 1, "table": True, **more}
    )
    found: dict[str, Any] = await school.got(f"/snapshots/{snapshot}")
    return found


async def test_without_a_spine_it_is_every_row_as_of_now_with_personal_columns_sealed(school: School) -> None:
    found = await pinned(school)
    rows = sorted(await school.table("winter"), key=lambda row: row["id"])
    assert [(row["id"], row["spent"], row["tags"]) for row in rows] == [
        ("s-ada", 99.0, '["old"]'),
        ("s-grace", 7.0, None),
    ]
    assert [is_token(row["name"]) for row in rows] == [True, True]
    assert (found["table"]["rows"], found["table"]["personal"], found["positions"][0]["position"]) == (2, True, 6)


async def test_with_a_spine_no_value_is_from_after_its_rows_time(school: School) -> None:
    minutes = [("s-ada", -1.0), ("s-ada", 0.0), ("s-ada", 29.9), ("s-ada", 500.0), ("s-gone", 2.5), ("s-gone", 3.0)]
    await pinned(school, spine=school.spine(*minutes), time="asked_at")
    rows = sorted(await school.table("winter"), key=lambda row: row["tenure_row"])
    assert [row["spent"] for row in rows] == [None, 1.5, 20.0, 99.0, 1.0, None]
    assert all(row["tenure_source_at"] is None or row["tenure_source_at"] <= row["tenure_at"] for row in rows)


async def test_it_is_rebuilt_with_the_same_digest_also_when_more_has_come_and_after_an_erasure(school: School) -> None:
    found = await pinned(school)
    await school.fed(customer("s-ada", 9, 70, name="another", spent=0))
    await school.done("/subjects/s-ada/erasure", {"reason": "asked"})
    await school.settled(600)
    again = await school.done("/snapshots/winter/rebuild", {})
    assert again == {"rows": 2, "rows_digest": found["table"]["rows_digest"], "equal": True}


async def test_an_erasure_names_the_tables_that_held_the_subject_and_no_other(school: School) -> None:
    await pinned(school)
    await pinned(school, "only-grace", spine=school.spine(("s-grace", 5.0)), time="asked_at")
    await school.done("/subjects/s-ada/erasure", {"reason": "asked"})
    await school.settled()
    assert (await school.got("/subjects/s-ada/erasure"))["erased"]["snapshots"] == ["winter"]


async def test_no_canary_is_in_the_table_nor_in_the_store(school: School) -> None:
    await pinned(school)
    assert CANARY not in str(await school.table("winter"))
    stored = b"".join(path.read_bytes() for path in (school.directory / "artifacts").rglob("*") if path.is_file())
    assert stored
    assert CANARY.encode() not in stored


async def test_pinning_again_changes_nothing(school: School) -> None:
    first = await pinned(school)
    await school.fed(customer("s-new", 9, 70, name="New", spent=0))
    assert await pinned(school) == first


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"spine": "sha256:" + "0" * 64, "time": "asked_at"}, (503, "table-not-written")),
        ({"time": "asked_at"}, (422, "spine-incomplete")),
    ],
)
async def test_a_spine_that_is_not_there_is_refused(school: School, more: Any, refusal: tuple[int, str]) -> None:
    body = {"snapshot": "winter", "context": "customers", "revision": 1, "table": True, **more}
    assert await school.refused("/snapshots", body) == refusal


async def test_a_spine_without_the_column_is_refused_in_words(school: School) -> None:
    body = {"snapshot": "winter", "context": "customers", "revision": 1, "table": True}
    spine = {"spine": school.spine(("s-ada", 0.0)), "time": "when"}
    assert await school.refused("/snapshots", {**body, **spine}) == (422, "table-refused")


async def test_what_the_revision_can_not_read_is_in_no_table_and_a_row_that_it_goes_on_with_is(school: School) -> None:
    await school.fed(
        customer("s-odd", 9, 1, name="Odd", spent="a lot", tags=None),
        customer("s-grace", 10, 5, name="Hopper", spent="more", tags=None),
    )
    await pinned(school)
    rows = sorted(await school.table("winter"), key=lambda row: row["id"])
    assert [(row["id"], row["spent"]) for row in rows] == [("s-ada", 99.0), ("s-grace", 7.0)]


ORDERS: dict[str, Any] = {
    "context": "orders",
    "source": "orders",
    "entity_key": ["id"],
    "columns": {
        "name": "customer.name",
        "loud": "upper(customer.name)",
        "spent": "customer.spent",
        "placed": "instant(placed_at)",
        "first": "count == 1",
    },
    "joins": {"customer": {"source": "customers", "on": ["who"]}},
    "aggregates": {
        "count": {
            "source": "orders",
            "by": ["id"],
            "time_field": "placed_at",
            "window_seconds": 3600,
            "function": "count",
        }
    },
}


async def ordered(school: School) -> None:
    """An order of one customer, with a column of that customer's data, and a window over the orders themselves."""
    await school.source("orders", ["id"], id="string", who="string", placed_at="string")
    await school.done("/contexts", ORDERS)
    order = customer("o-1", 20, 20, who="s-ada", placed_at=MARCH.isoformat())
    await school.fed(order._replace(topic="orders"))
    await school.settled()


async def table_of_orders(school: School) -> dict[str, Any]:
    body = {"snapshot": "orders", "context": "orders", "revision": 1, "spine": school.spine(("o-1", 29.0))}
    await school.done("/snapshots", {**body, "time": "asked_at"})
    [row] = await school.table("orders")
    return row


async def test_a_joined_rows_personal_column_is_sealed_and_nothing_is_reckoned_with_it(school: School) -> None:
    await ordered(school)
    row = await table_of_orders(school)
    assert (row["spent"], row["placed"], row["first"], row["loud"]) == (20.0, MARCH, True, None)
    assert is_token(row["name"])
    assert CANARY not in str(row)


async def test_whose_row_was_joined_is_erased_from_the_table_which_is_still_made_again(school: School) -> None:
    await ordered(school)
    await table_of_orders(school)
    await school.done("/subjects/s-ada/erasure", {"reason": "asked"})
    await school.settled()
    assert (await school.got("/subjects/s-ada/erasure"))["erased"]["snapshots"] == ["orders"]
    assert (await school.done("/snapshots/orders/rebuild", {"time": "asked_at"}))["equal"] is True


async def test_a_joined_value_that_is_not_of_its_declared_type_is_refused(school: School) -> None:
    await ordered(school)
    await school.fed(customer("s-ada", 28, 28, name=CANARY, spent="a lot", tags=None))
    body = {"snapshot": "orders", "context": "orders", "revision": 1, "spine": school.spine(("o-1", 29.0))}
    assert await school.refused("/snapshots", {**body, "time": "asked_at"}) == (422, "table-refused")


async def test_more_than_fits_in_memory_or_in_a_table_is_refused_in_words(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"snapshot": "winter", "context": "customers", "revision": 1, "table": True}
    for limit, words in (("building.MOST_CHANGES", "more than 1 changes"), ("table.MOST_ROWS", "more than 1 rows")):
        with monkeypatch.context() as smaller:
            smaller.setattr(f"tenure_context_sync.snapshot.{limit}", 1)
            answer = await school.ask("POST", "/snapshots", body)
            assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
