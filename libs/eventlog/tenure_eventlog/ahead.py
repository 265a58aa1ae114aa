"""How does the log work on the next batch while the reader is busy with the present one?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tenure_eventlog.port import Batch


async def one_ahead(batches: AsyncGenerator[Batch, None], full: int) -> AsyncGenerator[Batch, None]:
    """The same batches; from the second full one in a row on, the next is asked for before the present one is given.

    Who came back for more after a full batch reads on; who wants one stretch, or waits at the log's end, asks for
    nothing in vain. Never more than one ahead: what lies there unread is memory. What reading raises comes after the
    batches before it. Closes `batches`.
    """
    async with aclosing(batches):
        coming: asyncio.Future[Batch | None] | None = None
        full_in_a_row = 0
        try:
            while batch := await (coming or anext(batches, None)):
                full_in_a_row = full_in_a_row + 1 if len(batch.records) >= full else 0
                coming = await _asked(batches) if full_in_a_row > 1 else None
                yield batch
        finally:
            if coming:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


async def _asked(batches: AsyncGenerator[Batch, None]) -> "asyncio.Future[Batch | None]":
    """A busy reader leaves the event loop no turn: one is for the question to be put, one for the loop to send it."""
    coming = asyncio.ensure_future(anext(batches, None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return coming
