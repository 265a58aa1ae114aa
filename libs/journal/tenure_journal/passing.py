"""Who waits for which offset to be passed?"""

import asyncio
from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from itertools import count

from tenure_eventlog import Partition


class Passing:
    """The next offset of each partition, and futures that resolve when it gets far enough."""

    def __init__(self) -> None:
        self.positions: dict[Partition, int] = {}
        self._waiting: dict[Partition, list[tuple[int, int, asyncio.Future[None]]]] = {}
        self._tickets = count()
        self._failure: Exception | None = None

    def begin(self, positions: Mapping[Partition, int]) -> None:
        """Starts at these positions, or goes on where an earlier start got to."""
        self.positions = {**positions, **self.positions}

    def reach(self, partition: Partition, offset: int) -> None:
        """All records of `partition` below `offset` are passed."""
        self.positions[partition] = offset
        waiting = self._waiting.get(partition)
        while waiting and waiting[0][0] <= offset:
            future = heappop(waiting)[2]
            if not future.done():
                future.set_result(None)

    async def wait(self, partition: Partition, offset: int) -> None:
        """Returns when `partition` is passed up to `offset`. Raises the failure that ended the passing."""
        if self.positions.get(partition, 0) >= offset:
            return
        if self._failure:
            raise self._failure
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = (offset, next(self._tickets), future)
        waiting = self._waiting.setdefault(partition, [])
        heappush(waiting, ticket)
        try:
            await future
        except asyncio.CancelledError:  # who asks for an offset that never comes must not be remembered for ever
            if ticket in waiting:
                waiting.remove(ticket)
                heapify(waiting)
            raise

    def fail(self, failure: Exception) -> None:
        """Nothing more will be passed: everyone who waits, now or later, is told."""
        self._failure = failure
        for waiting in self._waiting.values():
            for _, _, future in waiting:
                if not future.done():
                    future.set_exception(failure)
            waiting.clear()
