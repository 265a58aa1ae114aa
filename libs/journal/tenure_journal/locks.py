"""One command at a time on each stream, in this process."""

import asyncio
from types import TracebackType


class Locks:
    """A lock per name, there only while someone holds or wants it."""

    def __init__(self) -> None:
        self._held: dict[str, _Lock] = {}

    def of(self, name: str) -> "_Lock":
        """The lock to enter; entering waits in the order of asking."""
        lock = self._held.get(name)
        if lock is None:
            lock = self._held[name] = _Lock(self._held, name)
        lock.users += 1
        return lock


class _Lock(asyncio.Lock):
    def __init__(self, held: dict[str, "_Lock"], name: str) -> None:
        super().__init__()
        self._held, self._name, self.users = held, name, 0

    async def __aenter__(self) -> None:
        try:
            await self.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._leave()

    def _leave(self) -> None:
        self.users -= 1
        if self.users == 0:
            del self._held[self._name]
