"""Is a log that lost its end, or was made anew, ever read as if nothing had happened?"""

import asyncio
from random import Random

import pytest
from tenure_eventlog import Partition

from tests.simulation.campaign import HONEST
from tests.simulation.lockroom import SPEC
from tests.simulation.loop import SimulatedLoop, run
from tests.simulation.world import World


async def alarms(loop: SimulatedLoop, random: Random, *, grows_again: bool) -> list[str]:
    """The name of each process's alarm after the broker lost the newest records and came back."""
    world = World(loop, random, HONEST)
    await world.live()
    broker = world.broker
    fullest = max((p for p in broker.log._records if p.topic == SPEC.name), key=lambda p: len(broker.log._records[p]))
    broker.down = True
    lose_the_end(world, fullest, grows_again)
    await asyncio.sleep(1)
    broker.down = False
    await asyncio.sleep(10)
    replicas = [process.replica for process in world.processes if process.replica]
    await asyncio.gather(*(replica.catch_up() for replica in replicas), return_exceptions=True)
    return [type(replica.alarm).__name__ for replica in replicas]


def lose_the_end(world: World, partition: Partition, grows_again: bool) -> None:
    records, random = world.broker.log._records[partition], world.random
    lost = list(records[-random.randint(1, min(3, len(records))) :])
    world.broker.log.truncate(partition, len(lost))
    for record in (*lost, *lost) if grows_again else ():
        records.append(record._replace(offset=len(records), value=b"something else"))


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("grows_again", [False, True])
def test_every_process_stops_with_a_named_alarm(seed: int, grows_again: bool) -> None:
    found = run(f"truncated {seed}", lambda loop, random: alarms(loop, random, grows_again=grows_again))
    assert found == ["LogRewritten" if grows_again else "OffsetOutOfRange"] * 3
