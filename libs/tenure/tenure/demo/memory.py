"""How much memory do the platform's processes take at most, shared pages counted once?"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

LOOK_SECONDS = 2.0


class PeakMemory:
    """Looks every two seconds at the proportional set size of the processes and their children."""

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        self._pids = pids
        self.peak_mib = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look_on(self) -> None:
        while True:
            self.peak_mib = max(self.peak_mib, await asyncio.to_thread(pss_mib, self._pids()))
            await asyncio.sleep(LOOK_SECONDS)


def pss_mib(pids: Sequence[int]) -> int:
    """Of the processes and all their children."""
    total = 0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    total += process.memory_full_info().pss
    return total // 1_048_576
