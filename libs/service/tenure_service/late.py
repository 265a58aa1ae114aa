"""What does a service hold while its log can't be opened?"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from typing import NoReturn, Self

from tenure_eventlog import (
    Batch,
    CredentialsRefused,
    EventLog,
    LogUnavailable,
    LogUntrusted,
    Message,
    Offsets,
    Partition,
    TopicSpec,
)
from tenure_eventlog.open import open_log

AGAIN_SECONDS = 1.0
FINAL = (CredentialsRefused, LogUntrusted)  # other settings mend these, more patience does not


class LateLog:
    """An `EventLog` that is away until it could be opened, so that its service can say so meanwhile."""

    def __init__(self, address: str) -> None:
        self._address, self._stack = address, AsyncExitStack()
        self._log: EventLog | None = None
        self._why = "it was not opened yet"
        self.opening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Opens the log; if it is away, `opening` goes on trying. Raises what patience does not mend, as does that."""
        await self._try()
        if self._log is None:
            self.opening = asyncio.create_task(self._try_on(), name="open-log")
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self.opening:
            self.opening.cancel()
            await asyncio.gather(self.opening, return_exceptions=True)
        await self._stack.aclose()

    async def _try_on(self) -> None:
        while self._log is None:
            await asyncio.sleep(AGAIN_SECONDS)
            await self._try()

    async def _try(self) -> None:
        try:
            self._log = await self._stack.enter_async_context(open_log(self._address))
        except FINAL:
            raise
        except LogUnavailable as away:
            self._why = str(away)

    def _there(self) -> EventLog:
        return self._log or _raise(LogUnavailable(self._why))

    async def append(self, messages: Sequence[Message]) -> list[int]:
        return await self._there().append(messages)

    def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        return self._there().read(start, max_records=max_records)

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return await self._there().start_offsets(topics)

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return await self._there().end_offsets(topics)

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        await self._there().create_topics(specs)

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        return await self._there().differences(specs)

    async def close(self) -> None:
        if self._log:
            await self._log.close()


def _raise(error: Exception) -> NoReturn:
    raise error
