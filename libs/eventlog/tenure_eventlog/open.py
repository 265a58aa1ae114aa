"""Which log does an address mean?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tenure_eventlog.embedded import EmbeddedPostgres, running_dsn
from tenure_eventlog.port import EventLog
from tenure_eventlog.postgres import PostgresLog


class AddressUnknown(ValueError):
    """A log's address begins with `embedded:`, `postgresql://` or `kafka://`."""


@asynccontextmanager
async def open_log(address: str) -> AsyncIterator[EventLog]:
    """The log at `embedded:DIR`, `postgresql://...` or `kafka://host:port[,host:port]`, closed at the end.

    `embedded:DIR` joins the server that another process of ours runs there; where none does, it starts one and owns
    it for the while.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "embedded":
        async with embedded_dsn(rest) as dsn, open_log(dsn) as log:
            yield log
        return
    log = await _connect(scheme, address)
    try:
        yield log
    finally:
        await log.close()


async def _connect(scheme: str, address: str) -> EventLog:
    if scheme in ("postgresql", "postgres"):
        return await PostgresLog.open(address)
    if scheme == "kafka":
        from tenure_eventlog.kafka import KafkaLog, KafkaSettings  # loaded only where it is used: 0.2 s and 20 MB

        return await KafkaLog.open(KafkaSettings.of(address))
    raise AddressUnknown(f"{address!r}: a log's address begins with embedded:, postgresql:// or kafka://")


@asynccontextmanager
async def embedded_dsn(directory: str) -> AsyncIterator[str]:
    """The DSN of the embedded server of a directory, running for as long as this lasts."""
    if dsn := running_dsn(directory):
        yield dsn
        return
    server = await EmbeddedPostgres.start(directory)
    try:
        yield server.dsn
    finally:
        await server.stop()
