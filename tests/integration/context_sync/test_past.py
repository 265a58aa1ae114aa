"""Is a training table's row what a read would have answered then, whatever came since and in whatever order?

The oracle is the store itself: one that only ever got what was committed by then, change by change.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenure_context_sync.change.change import Change, write_key
from tenure_context_sync.change.debezium import PLACEHOLDER, read_envelope
from tenure_context_sync.events import Column
from tenure_context_sync.names import SourceName
from tenure_context_sync.snapshot.columns import columns_of
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.snapshot.past import Past
from tenure_context_sync.snapshot.table import TableRow, Wanted, table_rows
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store import index
from tenure_context_sync.store.filling import begin, fill
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.store.reads import Store
from tenure_context_sync.view.answers import Ages, Limits, RowView, answer
from tenure_context_sync.view.compiled import compile_view
from tenure_eventlog import Record
from tenure_ingest import migrate

from tests.unit.context_sync.view.story import ALL, FIELDS, aggregate, column, expectation, join, published, view

pytestmark = pytest.mark.postgres
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = {"flights": "flight", "planes": "tail", "makers": "maker", "delays": "id"}
COLUMNS: tuple[Column, ...] = (
    column("busy", "hours * 2 + delayed"),
    column("tail"),
    column("note"),
    column("seats", "coalesce(plane.seats, 0)"),
    column("country", "upper(maker.country)"),
)
VIEW = compile_view(
    published(
        view(
            *COLUMNS,
            joins=(join("maker", "makers", "plane.maker"), join("plane", "planes", "tail")),
            aggregates=(
                aggregate(window_seconds=100),
                aggregate("flown", window_seconds=3_600, function="count", field=None),
                aggregate("last", window_seconds=50, function="last"),
                aggregate("kinds", window_seconds=50, function="distinct"),
            ),
            expectations=(
                expectation("hours", "range", maximum=5),
                expectation("tail", "references", source=SourceName("planes")),
            ),
        )
    ),
    ALL,
)
OUTPUTS = columns_of(VIEW, {SourceName(name): types for name, types in FIELDS.items()}, {})
TABLES = ("context_rows", "context_held", "context_index", "source_truncates", "source_progress", "ingest.quarantine")


class Step(NamedTuple):
    """What is done to one row; `event` is when what a delay tells of happened, in seconds from its commit."""

    source: str
    key: str
    op: str
    values: dict[str, Any]
    event: int = 0


def steps_of(source: str, keys: Sequence[str], ops: Sequence[str], **values: Sequence[Any]) -> st.SearchStrategy[Step]:
    drawn = st.fixed_dictionaries({name: st.sampled_from(of) for name, of in values.items()})
    return st.builds(Step, st.just(source), st.sampled_from(keys), st.sampled_from(ops), drawn, st.integers(-120, 20))


FLIGHTS = steps_of(
    "flights",
    ["A", "A", "B"],
    ["whole", "whole", "part", "part", "renamed", "delete", "truncate", "snapshot"],
    hours=[1, 2.5, 2.5, 9, "odd", None],
    tail=["N1", "N1", "N2", None],
)
PLANES = steps_of(
    "planes", ["N1", "N1", "N2"], ["whole", "whole", "whole", "delete"], maker=["Airbus", "Boeing"], seats=[1, 2, 3]
)
MAKERS = steps_of("makers", ["Airbus", "Boeing"], ["whole", "whole", "delete"], country=["fr", "us", "de"])
DELAYS = steps_of(
    "delays", ["1", "2"], ["whole", "whole", "whole", "delete"], minutes=[1, 20, 2.5], flight=["A", "A", "B"]
)
# Else nothing can be read of most histories, since a flight's plane must be there.
BEGIN = (
    Step("planes", "N1", "whole", {"maker": "Airbus", "seats": 9}),
    Step("makers", "Airbus", "whole", {"country": "eu"}),
    Step("flights", "A", "whole", {"hours": 1, "tail": "N1"}),
)
STEPS = st.lists(st.one_of(FLIGHTS, PLANES, MAKERS, DELAYS, DELAYS), min_size=4, max_size=16).map(
    lambda more: [*BEGIN, *more]
)


def records(steps: Sequence[Step]) -> list[Record]:
    """As a connector writes them; each was committed ten seconds after the one before."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    made = []
    for number, step in enumerate(steps, 1):
        place, after = (step.source, step.key), None
        key = int(step.key) if step.source == "delays" else step.key
        whole = {KEYS[step.source]: key, **step.values}
        if step.source == "delays":
            whole["at"] = (committed(number) + timedelta(seconds=step.event)).isoformat()
        if step.source == "flights":
            whole["note"] = f"note {number}"
        match step.op:
            case "delete":
                rows.pop(place, None)
            case "truncate":
                rows = {other: row for other, row in rows.items() if other[0] != step.source}
            case "renamed":
                after = rows[place] = {"flight": key, "duration": 1, "tail": step.values["tail"], "note": "n"}
            case "part" if place in rows:
                rows[place] = rows[place] | step.values
                after = rows[place] | {"note": PLACEHOLDER}
            case _:
                after = rows[place] = whole
        made.append(record(step, key, number, after))
    return made


def committed(number: float) -> datetime:
    return NOON + timedelta(seconds=10 * number)


def record(step: Step, key: object, number: int, after: object) -> Record:
    code = {"delete": "d", "truncate": "t", "snapshot": "r"}.get(step.op, "u")
    at_ms = int(committed(number).timestamp() * 1_000)
    source = {"ts_ms": at_ms, "lsn": number, "snapshot": str(step.op == "snapshot").lower()}
    name = None if step.op == "truncate" else msgspec.json.encode({KEYS[step.source]: key})
    value = msgspec.json.encode({"op": code, "source": source, "after": after})
    return Record(step.source, 0, number, 0, name, value, ())


class Oracle:
    """A store that is emptied before it is given what was committed by some moment."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self._store = pool, Store(pool)

    async def answers(self, known: Sequence[Record], at: datetime) -> list[RowView]:
        """Of both flights."""
        processor = ChangeProcessor(lambda: {topic: envelopes(topic) for topic in KEYS}, lambda: {"flights": (VIEW,)})
        async with self._pool.acquire() as connection:
            await connection.execute("; ".join(f"delete from {table}" for table in TABLES))
            for one in known:
                async with connection.transaction():
                    await processor.apply(connection, processor.process([one]))
        keys = [{"flight": key} for key in "AB"]
        ages = Ages(at, dict.fromkeys(VIEW.groups(), 0.0))
        found = await self._store.read(VIEW, keys, at)
        return [answer(VIEW, key, reading, ages, Limits(), "flag") for key, reading in zip(keys, found, strict=True)]


@pytest.fixture
async def oracle(database: str) -> AsyncIterator[Oracle]:
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        async with pool.acquire() as connection:
            for package in ("tenure_ingest", "tenure_context_sync"):
                await migrate(connection, package)
            await begin(connection, index.Wanted("delays", ("flight",), "at"))
            for one in await index.indexes(connection):
                await fill(connection, one)
        yield Oracle(pool)


def change_of(one: Record) -> tuple[str, Change]:
    change = read_envelope(one.key, one.value)
    assert change
    return one.topic, change


def rows_of(arrived: Sequence[Record], moments: Sequence[datetime]) -> list[TableRow]:
    """A table with a row for each flight and moment, from all changes there ever were."""
    changes = [change_of(one) for one in arrived]
    others = {name: History() for name in ("planes", "makers", "delays")}
    past = Past(VIEW, others)
    primary = History(VIEW, past.was_there)
    for source, change in changes:
        (primary if source == "flights" else others[source]).add([change])
    spine = [Wanted(write_key({"flight": key}), at, 0) for key in "AB" for at in moments]
    return list(table_rows(past, primary, OUTPUTS, committed(1_000), spine))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_tables_row_is_what_a_read_of_then_would_have_answered(oracle: Oracle, data: st.DataObject) -> None:
    made = records(data.draw(STEPS))
    doubled = data.draw(st.lists(st.sampled_from(made), max_size=5))
    arrived = data.draw(st.permutations([*made, *doubled]))
    moments = data.draw(
        st.lists(st.integers(0, 2 * len(made) + 4).map(lambda n: committed(n / 2)), min_size=3, max_size=3)
    )
    table = {(row.key, row.at): row for row in rows_of(arrived, moments)}
    for at in moments:
        known = [one for number, one in enumerate(made, 1) if committed(number) <= at]
        for key, answered in zip("AB", await oracle.answers(known, at), strict=True):
            row = table.get((write_key({"flight": key}), at))
            found = {"flight": key, **row.values} if row and row.values is not None else None
            assert found == answered.values
            assert (row and row.source_at) == (answered.source_at if answered.values else None)


def test_it_is_in_one_order_and_the_same_for_any_order_of_arrival() -> None:
    made = records([Step("flights", key, "whole", {"hours": 1, "tail": None}) for key in "BA"])
    moments = [committed(n) for n in (5, 2, 1, 0)]
    assert rows_of(made, moments) == rows_of(made[::-1], moments)
    assert [(row.key, row.at) for row in rows_of(made, moments)] == sorted(
        (write_key({"flight": key}), at) for key in "AB" for at in moments
    )
