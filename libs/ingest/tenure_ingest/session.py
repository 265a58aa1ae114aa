"""How is Postgres asked, so that neither side waits for ever for the other?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tenure_ingest.stops import DatabaseAway

# A worker that is paused inside its transaction must not keep the rows locked: the server ends it.
SESSION = {
    "application_name": "tenure-ingest",
    "idle_in_transaction_session_timeout": "4000",
    "lock_timeout": "8000",
    "statement_timeout": "15000",
}
CONNECT_SECONDS = 10.0
# A server that does not even answer (its machine is paused, or gone) can't time anything out.
ANSWER_SECONDS = 20.0
SLOW_SECONDS = 2.0
_NOT_NOW = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class Session:
    """One connection for one user at a time, made anew when it was lost."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None
        self._busy = asyncio.Lock()
        self._asked_at: float | None = None

    def trouble(self) -> str | None:
        """For whom it waits, while it waits unduly long."""
        waited = asyncio.get_running_loop().time() - self._asked_at if self._asked_at is not None else 0.0
        return f"the database has not answered for {waited:.0f} s" if waited > SLOW_SECONDS else None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """Raises DatabaseAway, also in the place of what a lost connection raises inside."""
        async with self._busy:
            self._asked_at = asyncio.get_running_loop().time()
            try:
                async with self._opened() as connection:
                    yield connection
            finally:
                self._asked_at = None

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[asyncpg.Connection]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        given_up = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._connection.terminate)
        try:
            yield self._connection
        except asyncpg.InternalClientError as error:  # a paused process wakes to a session that the server ended
            self._connection.terminate()
            raise DatabaseAway(f"the database ended the session: {error}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if self._connection.is_closed():
                raise DatabaseAway(f"the connection to the database was lost: {error}") from error
            raise
        finally:
            given_up.cancel()

    async def _connect(self) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(self._dsn, server_settings=SESSION, timeout=CONNECT_SECONDS)
        except (OSError, *_NOT_NOW) as error:
            raise DatabaseAway(f"the database can't be reached: {error}") from error

    async def close(self) -> None:
        """Ends the connection after the batch in flight; idempotent."""
        async with self._busy:
            if self._connection and not self._connection.is_closed():
                await self._connection.close(timeout=CONNECT_SECONDS)
