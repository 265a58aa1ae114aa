"""Do those who don't check chains find all that was accepted on the public topics, in order, under stable ids?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from tenure_dispatch.cursors import SQL, place
from tenure_dispatch.names import Reader
from tenure_eventlog import EventLog, Record
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import PUBLIC_CDEVENTS, PUBLIC_EVENTS

from tests.integration.dispatch.post import Post, told_of

REGISTRY = "/registry/v1/models"


@pytest.fixture(params=["memory", "postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
def address(request: pytest.FixtureRequest) -> str:
    match request.param:
        case "postgres":
            return str(request.getfixturevalue("database"))
        case "kafka":
            return f"kafka://{request.getfixturevalue('kafka')}"
        case _:
            return "memory"


@pytest.fixture
async def log(address: str) -> AsyncIterator[EventLog]:
    if address == "memory":
        yield MemoryLog()
        return
    async with open_log(address) as opened:
        yield opened


@pytest.fixture
async def post(fresh: str, tmp_path: Path, stack: AsyncExitStack, log: EventLog) -> Post:
    return await Post.open(fresh, tmp_path, stack, log)


async def lived(post: Post, rounds: int) -> list[str]:
    """The ids of events on three streams of nobody else's, in the order in which they happened."""
    models, found = [f"m-{uuid4().hex}" for _ in range(3)], list[str]()
    for model in models:
        found.append(await done(post, REGISTRY, {"model": model}))
    for number in range(rounds):
        for model in models:
            found.append(await done(post, f"{REGISTRY}/{model}/tags", {"tags": {"n": number}}))
    return found


async def done(post: Post, path: str, body: object) -> str:
    response = await post.ask("POST", path, body, "engineer")
    assert response.status_code == 201, response.text
    return str(response.json()["event_id"])


def sequences(records: list[Record]) -> dict[str, list[int]]:
    found = dict[str, list[int]]()
    for record in records:
        event = orjson.loads(record.value or b"")
        assert record.key == event["subject"].encode()
        found.setdefault(event["subject"], []).append(int(event["sequence"]))
    return found


async def test_every_accepted_event_is_there_in_order_per_stream_as_a_cloud_event(post: Post, log: EventLog) -> None:
    ids = await lived(post, 3)
    records = await told_of(log, PUBLIC_EVENTS.name, ids)
    for numbers in sequences(records).values():
        assert numbers == list(range(1, len(numbers) + 1))
    [one] = [record for record in records if orjson.loads(record.value or b"")["id"] == ids[0]]
    headers = {name: value.decode() for name, value in one.headers if value is not None}
    event = from_structured_event(KafkaMessage(headers, one.key, one.value or b""), JSONFormat())
    assert (event.get_id(), event.get_source()) == (ids[0], "/tenure/registry")


async def test_a_publisher_that_goes_back_tells_the_same_again_under_the_same_ids_and_sequences(
    post: Post, log: EventLog
) -> None:
    """As one that was killed after an append and before its cursor was saved."""
    ids = await lived(post, 1)
    once = await told_of(log, PUBLIC_EVENTS.name, ids)
    dispatcher, reader = post.dispatcher, Reader(PUBLIC_EVENTS.name)
    async with dispatcher.store.pool.acquire() as connection, connection.transaction():
        await connection.execute(SQL["evict"], reader)
        await place(connection, reader, dict.fromkeys(dispatcher.feed.ends, 0))
    await dispatcher.deliveries.renew(reader)
    twice = await told_of(log, PUBLIC_EVENTS.name, ids, times=2)
    bodies = [record.value for record in twice]
    assert all(bodies.count(record.value) == 2 for record in once if orjson.loads(record.value or b"")["id"] in ids)
    for numbers in sequences(twice).values():
        new = [n for at, n in enumerate(numbers) if n > max(numbers[:at], default=0)]
        assert new == list(range(1, max(numbers) + 1))


async def test_deploy_events_are_there_as_cdevents_and_the_others_are_not(post: Post, log: EventLog) -> None:
    model = f"m-{uuid4().hex}"
    others = [await done(post, REGISTRY, {"model": model})]
    version = {"model_version": "1", "artifact_digest": f"sha256:{'a' * 64}", "framework": "sklearn"}
    registered = await done(post, f"{REGISTRY}/{model}/versions", version)
    records = await told_of(log, PUBLIC_CDEVENTS.name, [registered])
    await told_of(log, PUBLIC_EVENTS.name, [*others, registered])
    told = [orjson.loads(record.value or b"") for record in records if record.key == f"registry/model/{model}".encode()]
    assert [(one["id"], one["type"]) for one in told] == [(registered, "dev.cdevents.artifact.published.0.3.0")]
