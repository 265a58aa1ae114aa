"""What happens when a source's rows look otherwise: who hears of it, and who reads on?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tenure_eventlog import Message

from tests.integration.context_sync.desk import TIGHT, Desk
from tests.integration.context_sync.test_contexts import HOURS, changed, flight, row

pytestmark = pytest.mark.postgres

DECLARED = {"flight": "string", "tail": "string", "hours": "double"}


@pytest.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    """Flights, read by revision 1 of a context that a model is bound to."""
    async with AsyncExitStack() as stack:
        opened = await Desk.open(tmp_path, database, stack)
        opened.topics.clear()
        await opened.source("flights", ["flight"], **DECLARED)
        await opened.done("/contexts", HOURS)
        bound = {"model": "delays", "model_version": "1", "context": "hours", "revision": 1, "sla": TIGHT}
        await opened.done("/bindings", bound)
        yield opened


async def changes(desk: Desk, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await desk.got("/sources/flights/changes", **query)
    return found


def renamed(seconds: float, duration: float = 4.5) -> Message:
    return changed("flights", {"flight": "UA1"}, seconds, tail="N1", duration=duration)


async def test_rows_as_they_are_declared_are_no_news(desk: Desk) -> None:
    await desk.fed(flight(1), flight(2, hours=2.5), flight(3, hours=None))
    await desk.settled(10)
    assert await changes(desk) == []


async def test_a_renamed_column_is_told_with_its_class_and_whom_it_hits(desk: Desk) -> None:
    await desk.fed(flight(1), renamed(2))
    await desk.settled(10)
    [told] = await changes(desk)
    [change] = told["changes"]
    assert (told["change_class"], told["announced"], told["position"]) == ("breaking", False, 21)
    assert (change["kind"], change["field"], change["after"], change["probable"]) == (
        "renamed",
        "hours",
        "duration",
        True,
    )
    assert [(c["context"], c["revision"], c["fields"], c["readable"]) for c in told["contexts"]] == [
        ("hours", 1, ["hours"], False)
    ]
    assert [(s["model"], s["model_version"]) for s in told["slas"]] == [("delays", "1")]


async def test_an_old_revision_reads_on_beside_a_new_one_that_names_the_new_column(desk: Desk) -> None:
    await desk.fed(flight(1, hours=3), renamed(2))
    await desk.settled(10)
    await desk.done("/contexts", HOURS | {"fields": [], "columns": {"hours": "duration"}})
    old, new = await row(desk, "hours"), await row(desk, "hours", 2)
    assert (old["values"]["hours"], new["values"]["hours"]) == (3, 4.5)


async def test_a_change_that_came_late_or_twice_is_told_once(desk: Desk) -> None:
    await desk.fed(renamed(2))
    await desk.settled(10)
    for late in (flight(1), renamed(2), renamed(3)):
        await desk.fed(late)
        await desk.settled(100)
    assert len(await changes(desk)) == 1


async def test_two_writers_that_take_turns_fill_no_log(desk: Desk) -> None:
    for second in range(2, 30, 2):
        await desk.fed(renamed(second))
        await desk.settled(1)
        await desk.fed(flight(second + 1))
        await desk.settled(1)
    assert len(await changes(desk)) == 1
    await desk.settled(60)
    await desk.fed(flight(90))
    await desk.settled(1)
    assert [one["change_class"] for one in await changes(desk)] == ["breaking", "breaking"]


async def test_what_the_connector_announces_counts(desk: Desk) -> None:
    await desk.fed(announced(1, hours="float64"), announced(2, hours="int32"))
    await desk.settled(10)
    [told] = await changes(desk)
    kinds = {change["field"]: change["kind"] for change in told["changes"]}
    assert (told["announced"], told["change_class"], kinds["hours"]) == (True, "lossy", "narrowed")


def announced(seconds: float, **types: str) -> Message:
    """As Debezium writes it with schemas on."""
    plain = changed("flights", {"flight": "UA1"}, seconds, tail="N1", hours=3)
    columns = [{"field": name, "type": type, "optional": True} for name, type in (DECLARED | types).items()]
    schema = {"type": "struct", "fields": [{"field": "after", "type": "struct", "optional": True, "fields": columns}]}
    value = msgspec.json.encode({"schema": schema, "payload": msgspec.Raw(plain.value or b"")})
    return plain._replace(value=value)


async def test_a_rehearsal_says_what_would_break_and_touches_nothing(desk: Desk) -> None:
    await desk.fed(flight(1, hours=3), flight(2, hours=3.5), changed("flights", {"flight": "UA2"}, 3, "d"))
    await desk.settled(10)
    fields = [{"name": "flight", "type": "string"}, {"name": "tail", "type": "string"}]
    narrowed = {"source": "flights", "fields": [*fields, {"name": "hours", "type": "int16"}]}
    story = await desk.story()
    found = await desk.done("/contexts/rehearse", narrowed)
    assert (found["rows"], found["complete"], found["change_class"]) == (2, True, "lossy")
    assert found["revisions"] == {
        "hours@1": {
            "readable": 1,
            "broken": {"hours does not fit int16": 1},
            "examples": {"hours does not fit int16": ['{"flight":"UA1"}']},
        }
    }
    moved = {
        "source": "flights",
        "fields": [*fields, {"name": "duration", "type": "double"}],
        "renames": {"hours": "duration"},
    }
    found = await desk.done("/contexts/rehearse", moved)
    assert (found["change_class"], found["revisions"]["hours@1"]["broken"]) == ("breaking", {"field-missing:hours": 2})
    assert [hit["model"] for hit in found["slas"]] == ["delays"]
    assert (await changes(desk), await desk.story()) == ([], story)


async def test_a_rehearsal_of_what_is_not_registered_says_so(desk: Desk) -> None:
    fields = [{"name": "id", "type": "string"}]
    assert await desk.refused("/contexts/rehearse", {"source": "boats", "fields": fields}) == (404, "not-found")


async def test_a_rehearsal_of_a_source_whose_topic_nobody_has_made_yet_says_so(desk: Desk) -> None:
    fields = [{"name": "id", "type": "string"}]
    await desk.done("/sources", {"source": "boats", "topic": "erp.public.boats", "key": ["id"], "fields": fields})
    asked = {"source": "boats", "fields": fields}
    assert await desk.refused("/contexts/rehearse", asked) == (409, "topic-missing")
