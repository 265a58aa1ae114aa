"""What may a client's end do to whoever ends it? Nothing."""

import asyncio

import pytest
from tenure_eventlog import kafka_settings
from tenure_eventlog.kafka_settings import stopped


class Client:
    """As aiokafka's, whose fetch was just about to be tried again."""

    async def stop(self) -> None:
        retrying = asyncio.ensure_future(asyncio.sleep(3_600))
        await asyncio.sleep(0)
        retrying.cancel()
        await retrying


class Stuck:
    """Never ends by itself."""

    gave_up = False

    async def close(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.gave_up = True


async def test_a_cancelled_fetch_does_not_cancel_who_ends_the_client() -> None:
    await stopped(Client())


async def test_a_client_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_settings, "STOP_SECONDS", 0.01)
    client = Stuck()
    await stopped(client)
    await asyncio.sleep(0)
    assert client.gave_up
