"""What becomes of a change record that can't be read?"""

from contextlib import aclosing

import msgspec
import pytest
from tenure_eventlog import Message, Partition
from tenure_eventlog.topics import QUARANTINE

from tests.integration.context_sync.desk import READ, Desk
from tests.integration.context_sync.story import TOPIC, change

pytestmark = pytest.mark.postgres


async def told(desk: Desk) -> list[tuple[str, str]]:
    """Key and reason of all that is on tenure.quarantine."""
    partition = Partition(QUARANTINE.name, 0)
    end = (await desk.log.end_offsets([QUARANTINE.name]))[partition]
    if end == 0:
        return []
    async with aclosing(desk.log.read({partition: 0})) as batches:
        records = (await anext(batches)).records
    return [((record.key or b"").decode(), msgspec.json.decode(record.value or b"")["reason"]) for record in records]


async def test_it_is_told_once_and_the_rest_goes_on(weather: Desk) -> None:
    await weather.fed(Message(TOPIC, b"JFK", b"?", partition=0), change("JFK", 9.5, lsn=1))
    for _ in range(3):
        await weather.settled()
    answer = await weather.done(READ, {"keys": [{"origin": "JFK"}]})
    assert answer["rows"][0]["values"] == {"origin": "JFK", "wind": 9.5}
    assert await told(weather) == [(f"{TOPIC}/0/0", "not-an-envelope")]


async def test_nothing_is_told_of_what_can_be_read(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1))
    await weather.settled()
    assert await told(weather) == []
