"""A log with a bad network in front of it: what one process sees of a broker that others use as well."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from random import Random

from tenure_eventlog import Batch, LogUnavailable, Message, Offsets, OutcomeUnknown, Partition, Record, partition_of
from tenure_eventlog.memory import MemoryLog

from tests.simulation.loop import SimulatedLoop

EPOCH_MS = 1_772_323_200_000


@dataclass
class Broker:
    """The log itself, which never fails, and the weather between it and everybody."""

    loop: SimulatedLoop
    random: Random
    healed: bool = False
    down: bool = False
    log: MemoryLog = field(init=False)
    landed: list[tuple[float, Record]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.now_ms)

    def now_ms(self) -> int:
        return EPOCH_MS + int(self.loop.time() * 1_000)

    def happens(self, chance: float) -> bool:
        return not self.healed and self.random.random() < chance

    def land(self, message: Message) -> int:
        offset = self.log._land(message)
        number = message.partition
        if number is None:
            number = partition_of(message.key or b"", self.log._spec(message.topic).partitions)
        self.landed.append((self.loop.time(), self.log._records[Partition(message.topic, number)][-1]))
        return offset

    def delay(self) -> float:
        """A request's way to the broker: mostly short, sometimes so long that it lands after its deadline."""
        if self.happens(0.1):
            return self.random.uniform(0.1, self.random.choice((2, 10, 50)))
        return self.random.uniform(0.0005, 0.02)


class Connection:
    """One process's client of the broker, with the port's semantics and nothing better."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def append(self, messages: Sequence[Message]) -> list[int]:
        await self._hop()  # a process that is paused here sends when it wakes: a zombie
        self._demand_reachable()
        return [await self._send(message) for message in messages]

    async def _send(self, message: Message) -> int:
        broker, answer = self._broker, asyncio.get_running_loop().create_future()
        delay = broker.delay()
        if broker.happens(0.03):
            pass  # the request is lost
        elif broker.happens(0.08):  # the acknowledgement is lost; the client sends again, and hears of the second copy
            broker.loop.later(delay, broker.land, message)
            broker.loop.later(delay + broker.random.uniform(0.1, 20), self._land, message, answer)
        elif broker.happens(0.05):
            broker.loop.later(delay, broker.land, message)  # the acknowledgement is lost for good
        else:
            broker.loop.later(delay, self._land, message, answer)
        try:
            async with asyncio.timeout(broker.random.uniform(3, 40)):
                return await answer
        except TimeoutError:
            raise OutcomeUnknown("the broker did not answer") from None

    def _land(self, message: Message, answer: "asyncio.Future[int]") -> None:
        offset = self._broker.land(message)
        unsure = self._broker.happens(0.02)  # a broker that knew the batch already does not say where it is
        self._broker.loop.later(self._broker.delay() / 4, _answer, answer, -1 if unsure else offset)

    async def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        broker, position = self._broker, dict(start)
        self._demand_reachable()
        while True:
            grown = broker.log._grown
            idle = True
            for partition in position:
                if broker.happens(0.02):  # the reader goes back a little and delivers again
                    position[partition] = max(start[partition], position[partition] - broker.random.randrange(4))
                most = min(max_records, broker.random.choice((1, 3, 500)))
                records = broker.log._after(partition, position[partition], most)
                if records:
                    idle = False
                    await self._lag()
                    position[partition] = records[-1].offset + 1
                    yield Batch(partition, records, position[partition])
            if idle:
                await grown.wait()
                await self._hop()
            self._demand_reachable()

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        await self._hop()
        self._demand_reachable()
        return await self._broker.log.start_offsets(topics)

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        await self._hop()
        self._demand_reachable()
        ends = await self._broker.log.end_offsets(topics)
        await self._hop()
        return ends

    def _demand_reachable(self) -> None:
        if self._broker.down or self._broker.happens(0.01):
            raise LogUnavailable("the broker can't be reached")

    async def _hop(self) -> None:
        await asyncio.sleep(self._broker.random.uniform(0, 0.005))

    async def _lag(self) -> None:
        if self._broker.happens(0.1):
            await asyncio.sleep(self._broker.random.uniform(0, 4))
        else:
            await self._hop()


def _answer(answer: "asyncio.Future[int]", offset: int) -> None:
    if not answer.done():
        answer.set_result(offset)
