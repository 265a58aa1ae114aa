"""How do rows in framed Avro get to a model?"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tenure_eventlog import Message
from tenure_eventlog.topics import TopicSpec

from tests.integration.context_sync.desk import Desk
from tests.unit.context_sync.change.test_framed import CUSTOMER, KEY, ROW, framed

pytestmark = pytest.mark.postgres
CUSTOMERS = {
    "source": "customers",
    "topic": "customers",
    "format": "avro",
    "key": ["id"],
    "fields": [{"name": "id", "type": "long"}, {"name": "credit", "type": "decimal"}],
}


@pytest.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        opened = await Desk.open(tmp_path, database, stack)
        opened.topics[:] = ["customers"]
        await opened.log.create_topics([TopicSpec(name="customers", partitions=2, retention_ms=3_600_000)])
        await opened.done("/sources", CUSTOMERS)
        body = {"context": "credits", "revision": 1, "source": "customers", "entity_key": ["id"], "fields": ["credit"]}
        await opened.done("/contexts", body)
        yield opened


async def add(desk: Desk, number: int, schema: object) -> None:
    await desk.done("/sources/customers/schemas", {"schema_id": number, "schema_text": json.dumps(schema)})


async def test_a_row_that_came_before_its_schema_waits_and_is_replayed(desk: Desk) -> None:
    await add(desk, 2, KEY)
    await desk.fed(Message("customers", framed(2, {"id": 5}), framed(1, ROW)))
    await desk.settled(1)
    assert [one["reason"] for one in (await desk.got("/quarantine"))["items"]] == ["unknown-schema"]
    await add(desk, 1, CUSTOMER)
    assert (await desk.done("/quarantine/replay", {"reason": "unknown-schema"}))["again"] == 0
    await desk.settled(1)
    answer = await desk.done("/contexts/credits/revisions/1/read", {"keys": [{"id": 5}]})
    assert answer["rows"][0]["values"]["credit"] == "1500.00"


async def test_a_schema_that_avro_can_not_read_is_refused(desk: Desk) -> None:
    body = {"schema_id": 9, "schema_text": '{"type": "recrod"}'}
    assert await desk.refused("/sources/customers/schemas", body) == (422, "schema-unusable")
