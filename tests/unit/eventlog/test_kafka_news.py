"""Is somebody who asks where a topic is told so, though the producer that was asked is given up meanwhile?"""

import asyncio
from typing import Any

import pytest
from tenure_eventlog import kafka
from tenure_eventlog.kafka import KafkaLog, KafkaSettings
from tenure_eventlog.port import LogUnavailable

TOPIC = "tenure.telemetry.predictions"


class Client:
    """A client of aiokafka, as far as is asked of it; one that was `stopped` answers nobody any more."""

    def __init__(self, partitions: set[int] | None, *, stopped: bool = False) -> None:
        self.cluster = self
        self.unauthorized_topics: set[str] = set()
        self.asked, self._partitions, self._stopped = 0, partitions, stopped

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return self._partitions

    def add_topic(self, topic: str) -> None:
        return None

    async def force_metadata_update(self) -> bool:
        self.asked += 1
        if self._stopped:
            await asyncio.Event().wait()
        return False


class Producer:
    def __init__(self, client: Client) -> None:
        self.client = client


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> KafkaLog:
    monkeypatch.setattr(kafka, "NEWS_SECONDS", 0.05)
    monkeypatch.setattr(kafka, "REQUEST_MS", 50)
    return KafkaLog(KafkaSettings(bootstrap="nowhere:9", security={}))


def offering(log: KafkaLog, *clients: Client) -> None:
    """Each time the producer is asked for it is the next one; the last one stays."""
    left = list(clients)

    async def ready() -> Any:
        return Producer(left.pop(0) if len(left) > 1 else left[0])

    log._ready_producer = ready  # type: ignore[method-assign]  # what it takes to fail for good needs a broker


async def test_a_producer_that_was_stopped_is_not_waited_for_for_ever_and_the_next_one_tells(log: KafkaLog) -> None:
    offering(log, Client(None, stopped=True), Client({1, 0}))
    async with asyncio.timeout(30):
        with pytest.raises(LogUnavailable, match="don't say where"):
            await log._numbers(TOPIC)
        assert await log._numbers(TOPIC) == [0, 1]


async def test_a_producer_that_took_its_place_meanwhile_is_asked(log: KafkaLog) -> None:
    offering(log, Client(None), Client({1, 0}))
    assert await log._numbers(TOPIC) == [0, 1]
