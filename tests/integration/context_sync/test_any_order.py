"""Does the store come to the same, and to the right, whatever the order in which changes come, and in which batches?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.change.debezium import PLACEHOLDER
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.filling import begin, fill
from tenure_context_sync.store.index import Wanted, indexes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.store.reads import Store
from tenure_context_sync.view.compiled import compile_view
from tenure_context_sync.view.reading import Reading
from tenure_eventlog import Record
from tenure_ingest import migrate

from tests.unit.context_sync.view.story import (
    ALL,
    aggregate,
    column,
    expectation,
    join,
    published,
    view,
)

pytestmark = pytest.mark.postgres
CAPTURED = sorted((Path(__file__).parents[2] / "debezium").glob("[0-9]*.json"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STRICT = compile_view(
    published(
        view(
            column("hours"),
            column("note"),
            column("seats", "plane.seats"),
            joins=(join("plane", "planes", "tail"),),
            aggregates=(aggregate(window_seconds=100), aggregate("flown", function="count", field=None)),
            expectations=(expectation("hours", "range", maximum=5),),
        )
    ),
    ALL,
)
LENIENT = compile_view(published(view(column("tail")), revision=2), ALL)
VIEWS = {"flights": (STRICT, LENIENT)}
ENVELOPE = Layout(format="debezium", key=())
TABLES = ("context_rows", "context_held", "context_index", "source_truncates", "source_progress", "ingest.quarantine")


class Captured(msgspec.Struct):
    """A record as it was captured."""

    topic: str
    key: msgspec.Raw
    value: msgspec.Raw


def captured(path: Path, offset: int) -> Record:
    found = msgspec.json.decode(path.read_bytes(), type=Captured)
    key, value = (None if bytes(part) == b"null" else bytes(part) for part in (found.key, found.value))
    return Record(found.topic, 0, offset, 0, key, value, ())


RECORDS = [captured(path, offset) for offset, path in enumerate(CAPTURED)]


@dataclass(frozen=True)
class Desk:
    """A store that is emptied between tries; each batch is a transaction of its own."""

    pool: asyncpg.Pool
    store: Store

    async def come(self, topics: Sequence[str], batches: Sequence[Sequence[Record]]) -> None:
        processor = ChangeProcessor(lambda: {topic: envelopes(topic) for topic in topics}, lambda: VIEWS)
        async with self.pool.acquire() as connection:
            await connection.execute("; ".join(f"delete from {table}" for table in TABLES))
            for batch in batches:
                async with connection.transaction():
                    await processor.apply(connection, processor.process(batch))
        await self.store.refresh()

    async def rows(self) -> list[tuple[Any, ...]]:
        """All that was kept; texts of JSON by what they mean."""
        found = await self.pool.fetch(
            "select source, key, streamed, position, source_at, deleted, fields from context_rows order by source, key"
        )
        return [(*tuple(row)[:-1], msgspec.json.decode(row["fields"])) for row in found]


@asynccontextmanager
async def desk_over(database: str) -> AsyncIterator[Desk]:
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        async with pool.acquire() as connection:
            for package in ("tenure_ingest", "tenure_context_sync"):
                await migrate(connection, package)
            await begin(connection, Wanted("delays", ("flight",), "at"))
            for index in await indexes(connection):
                await fill(connection, index)
        yield Desk(pool, Store(pool))


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    async with desk_over(database) as opened:
        yield opened


def cut(records: Sequence[Record], at: Sequence[int]) -> list[Sequence[Record]]:
    """Into batches, at these places."""
    places = [0, *sorted(at), len(records)]
    return [records[one:other] for one, other in pairwise(places) if one < other]


def read(record: Record) -> Change | None:
    try:
        return read_change(ENVELOPE, record)
    except Unreadable:
        return None


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(data=st.data())
async def test_captured_records_come_to_the_same_in_any_order_doubled_and_in_any_batches(
    desk: Desk, data: st.DataObject
) -> None:
    topics = {record.topic for record in RECORDS}
    await desk.come(list(topics), [RECORDS])
    wanted = await desk.rows()
    doubled = data.draw(st.lists(st.sampled_from(RECORDS), max_size=10))
    order = data.draw(st.permutations([*RECORDS, *doubled]))
    await desk.come(list(topics), cut(order, data.draw(st.lists(st.integers(0, len(order)), max_size=5))))
    assert await desk.rows() == wanted


def test_the_captured_records_hold_parts_deletes_snapshots_and_truncates() -> None:
    changes = [change for record in RECORDS if (change := read(record))]
    assert {change.kind for change in changes} >= {"row", "delete", "truncate"}
    assert {change.streamed for change in changes} == {True, False}
    assert any(change.partial for change in changes)


class Step(msgspec.Struct, frozen=True):
    """What happens to one row next: of these a history of a source is made, which then comes in any order."""

    key: str
    op: str
    values: dict[str, Any]


flights = st.builds(
    lambda key, op, hours, tail: Step(key, op, {"hours": hours, "tail": tail}),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["whole", "whole", "part", "renamed", "delete", "truncate", "snapshot"]),
    st.sampled_from([1, 2.5, 9, "odd", None]),
    st.sampled_from(["N1", "N2", None]),
)
delays = st.builds(
    lambda key, op, minutes, flight, at: Step(key, op, {"minutes": minutes, "flight": flight, "at": at}),
    st.integers(1, 3).map(str),
    st.sampled_from(["whole", "whole", "delete"]),
    st.integers(0, 50),
    st.sampled_from(["A", "B"]),
    st.integers(-150, 20),
)
planes = st.builds(
    lambda key, op, seats: Step(key, op, {"seats": seats}),
    st.sampled_from(["N1", "N2"]),
    st.sampled_from(["whole", "delete"]),
    st.integers(1, 9),
)


@dataclass(frozen=True)
class Happened:
    """A history as records, and what a reader that sees every step in order, and remembers all, makes of it."""

    records: list[Record]
    served: dict[str, dict[str, object] | None]
    rows: dict[str, dict[str, dict[str, object]]]


def happened(source: str, key_field: str, steps: Sequence[Step], first: int, strict: bool) -> Happened:
    rows: dict[str, dict[str, object]] = {}
    served: dict[str, dict[str, object] | None] = {}
    records: list[Record] = []
    streamed, parted = set[str](), set[str]()
    for number, step in enumerate(steps, start=first):
        op, after = step.op, None
        key: object = int(step.key) if source == "delays" else step.key
        if op == "part" and step.key not in parted:
            # Nothing is there of which a part could be left out; or it can't be read, and then a part of it that comes
            # late is taken for one of the held row: see `Held`.
            op = "whole"
        if op == "snapshot" and step.key in streamed:
            continue  # it never beats a streamed one, whatever its place: nothing a reader could see
        match op:
            case "delete":
                rows.pop(step.key, None)
            case "truncate":
                rows.clear()
                served = dict.fromkeys(served, None)
            case "renamed":
                after = rows[step.key] = {key_field: key, "duration": 1, "tail": step.values["tail"], "note": "n"}
            case "part":
                before = rows[step.key]
                rows[step.key] = {**before, **written(step.values)}
                after = rows[step.key] | {"note": PLACEHOLDER}
            case _:
                after = rows[step.key] = {key_field: key, **written(step.values), "note": f"note {number}"}
        if op not in ("snapshot", "truncate"):
            streamed.add(step.key)
        if op == "truncate":
            streamed |= {"A", "B"}
        now = rows.get(step.key)
        if op != "part":
            parted = {key for key in rows if key in parted and key != step.key}
            if now and STRICT.readable(now) is None:
                parted.add(step.key)
        if op != "truncate" and (now is None or not strict or STRICT.readable(now) is None):
            served[step.key] = now
        records.append(record(source, key_field, key, number, op, after))
    return Happened(records, served, {source: rows})


def written(values: dict[str, Any]) -> dict[str, object]:
    at = values.get("at")
    return values if at is None else values | {"at": (NOON + timedelta(seconds=at)).isoformat()}


def record(source: str, key_field: str, key: object, number: int, op: str, after: object) -> Record:
    code = {"delete": "d", "truncate": "t", "snapshot": "r"}.get(op, "u")
    said = {"ts_ms": int(NOON.timestamp() * 1_000) + number, "lsn": number, "snapshot": str(op == "snapshot").lower()}
    envelope = {"op": code, "source": said, "after": after}
    name = None if op == "truncate" else msgspec.json.encode({key_field: key})
    return Record(source, 0, number, 0, name, msgspec.json.encode(envelope), ())


@settings(SLOW, max_examples=150)
@given(data=st.data())
async def test_histories_come_to_what_a_reader_of_every_step_in_order_sees(desk: Desk, data: st.DataObject) -> None:
    flown = happened("flights", "flight", data.draw(st.lists(flights, max_size=12)), 1, strict=True)
    late = happened("delays", "id", data.draw(st.lists(delays, max_size=8)), 100, strict=False)
    known = happened("planes", "tail", data.draw(st.lists(planes, max_size=5)), 200, strict=False)
    records = [*flown.records, *late.records, *known.records]
    doubled = data.draw(st.lists(st.sampled_from(records), max_size=5)) if records else []
    order = data.draw(st.permutations([*records, *doubled]))
    order = [one._replace(offset=number) for number, one in enumerate(order)]
    await desk.come(
        ["flights", "delays", "planes"], cut(order, data.draw(st.lists(st.integers(0, len(order)), max_size=5)))
    )
    strict = await desk.store.read(STRICT, [{"flight": key} for key in "AB"], NOON)
    for key, found in zip("AB", strict, strict=True):
        served = flown.served.get(key)
        assert (found.row and found.row.fields) == served
        tail = served["tail"] if served else None
        plane = known.rows["planes"].get(str(tail))
        assert (found.joined["plane"] and found.joined["plane"].fields) == plane
        assert sums(found) == brute_force(late.rows["delays"], key)
    lenient = await desk.store.read(LENIENT, [{"flight": key} for key in "AB"], NOON)
    assert [found.row and found.row.fields for found in lenient] == [flown.rows["flights"].get(key) for key in "AB"]


def sums(found: Reading) -> tuple[object, object]:
    return found.sums["delayed"].value, found.sums["flown"].value


def brute_force(rows: dict[str, dict[str, object]], flight: str) -> tuple[object, object]:
    """Over all rows there are, with no index."""
    mine = [
        (datetime.fromisoformat(str(row["at"])), row["minutes"]) for row in rows.values() if row["flight"] == flight
    ]
    within = {
        seconds: [m for at, m in mine if NOON - timedelta(seconds=seconds) < at <= NOON] for seconds in (100, 3_600)
    }
    return sum(m for m in within[100] if isinstance(m, int)), len(within[3_600])
