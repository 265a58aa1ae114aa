"""A consumer checks the chain itself, gives accepted events in order, and an auditor sees every record's verdict."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tenure.consumer import Consumer, verify
from tenure_eventlog import Message, Partition, Record
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import LIFECYCLE, REGISTRY_EVENTS
from tenure_journal import Auth, Order, Receipt, Replica, Writer
from tenure_registry.app import definition
from tenure_registry.model.commands import CreateModel, RegisterVersion
from tenure_registry.names import Digest, ModelName, ModelVersion, PrincipalId

NOW = datetime(2013, 3, 1, tzinfo=UTC)
AUTHOR = PrincipalId("p-1")


class Registry:
    """A writer over a log in memory."""

    def __init__(self, log: MemoryLog, replica: Replica) -> None:
        service = definition()
        self.log, self._count = log, 0
        self._writer = Writer(log, replica, service.fold, service.deciders)

    async def create(self, model: str) -> Receipt:
        command = CreateModel(
            model=ModelName(model),
            family=None,
            variant=None,
            description="",
            owner=None,
            policy=None,
            risk_tier=None,
            contexts=(),
            unknown=None,
            principal=AUTHOR,
            now=NOW,
        )
        return await self._execute(model, command)

    async def register(self, model: str, model_version: str) -> Receipt:
        command = RegisterVersion(
            model_version=ModelVersion(model_version),
            artifact_digest=Digest(f"sha256:{model_version * 64}"),
            kind="artifact",
            locators=(),
            hosted=None,
            framework="sklearn",
            features=(),
            inputs=(),
            outputs=(),
            snapshots=(),
            prompts=(),
            run=None,
            code=None,
            metadata={},
            principal=AUTHOR,
            now=NOW,
        )
        return await self._execute(model, command)

    async def _execute(self, model: str, command: object) -> Receipt:
        self._count += 1
        order = Order(
            stream=f"registry/model/{model}",
            command=command,
            command_id=UUID(int=self._count),
            command_digest=str(self._count),
            auth=Auth("p-1", "user"),
            occurred_at=NOW,
        )
        return await self._writer.execute(order)

    async def record_of(self, receipt: Receipt) -> Record:
        start = {Partition(receipt.topic, receipt.partition): receipt.offset}
        async for batch in self.log.read(start):
            return batch.records[0]
        raise AssertionError("the log ended")

    async def append_again(self, record: Record) -> None:
        await self.log.append([Message(record.topic, record.key, record.value, record.headers)])


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    log = MemoryLog()
    await log.create_topics(LIFECYCLE)
    replica = Replica(log, [definition().fold])
    await replica.start()
    yield Registry(log, replica)
    await replica.stop()


async def test_events_of_a_stream_come_in_order_with_their_fields(registry: Registry) -> None:
    await registry.create("delays")
    await registry.register("delays", "1")
    found = [event async for event in Consumer(registry.log).events(until_end=True)]
    assert [(e.attributes.sequence, e.name) for e in found] == [(1, "model-created"), (2, "version-registered")]
    assert found[1].fields is not None
    assert found[1].fields["model_version"] == "1"


async def test_a_duplicate_is_not_given_and_is_listed_with_the_event_that_stands_in_its_place(
    registry: Registry,
) -> None:
    receipt = await registry.create("delays")
    await registry.append_again(await registry.record_of(receipt))
    found = [event async for event in Consumer(registry.log).events(until_end=True)]
    assert [event.attributes.id for event in found] == [receipt.event_id]
    audit = await verify(registry.log)
    assert (audit.records, audit.counts) == (2, {"accepted": 1, "late": 1})
    [loser] = audit.losers
    assert (loser.stream, loser.sequence, loser.beaten_by) == ("registry/model/delays", 1, receipt.event_id)


async def test_an_edited_value_breaks_the_chain_from_there_on(registry: Registry) -> None:
    """Copied to another log with one byte of one value changed: what follows no longer points to it."""
    first = await registry.record_of(await registry.create("delays"))
    second = await registry.record_of(await registry.register("delays", "1"))
    forged = MemoryLog()
    await forged.create_topics([REGISTRY_EVENTS])
    value = (first.value or b"")[:-1] + b"!"
    await forged.append([Message(first.topic, first.key, value, first.headers)])
    await forged.append([Message(second.topic, second.key, second.value, second.headers)])
    audit = await verify(forged, [REGISTRY_EVENTS])
    assert audit.counts == {"accepted": 1, "fork": 1}


async def test_after_a_checkpoint_only_what_is_newer_is_given(registry: Registry) -> None:
    await registry.create("delays")
    before = Consumer(registry.log)
    assert len([event async for event in before.events(until_end=True)]) == 1
    await registry.register("delays", "1")
    after = Consumer(registry.log, after=before.positions)
    assert [event.name async for event in after.events(until_end=True)] == ["version-registered"]


async def test_a_reader_that_breaks_off_goes_on_with_the_next_event(registry: Registry) -> None:
    await registry.create("delays")
    await registry.register("delays", "1")
    consumer = Consumer(registry.log)
    async for event in consumer.events(until_end=True):
        assert event.name == "model-created"
        break
    rest = [event.name async for event in consumer.events(until_end=True)]
    assert rest == ["version-registered"]
    assert consumer.chain.counts == {"accepted": 2}


async def test_every_stream_has_its_head_in_the_audit(registry: Registry) -> None:
    await registry.create("delays")
    last = await registry.register("delays", "1")
    other = await registry.create("crews")
    heads = (await verify(registry.log)).heads
    assert {name: tuple(head) for name, head in heads.items()} == {
        "registry/model/delays": (2, last.digest),
        "registry/model/crews": (1, other.digest),
    }
