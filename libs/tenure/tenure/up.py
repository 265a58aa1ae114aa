"""How does the whole platform start in one process?"""

import os
from pathlib import Path
from socket import socket

from tenure_artifacts import LocalKeyRing
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.postgres import PostgresLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import ServiceSettings, TokenStore, bound, serve, told_in_a_line

from tenure.services import all_definitions
from tenure.sources.ring import KEYS_DATABASE


async def up(directory: Path, port: int, clock: str) -> None:
    """Owns the embedded Postgres of `directory` and serves until a signal.

    Raises PortTaken, AlreadyOwned, SettingsWrong.
    """
    with bound("127.0.0.1", port) as listener:
        await _up(directory, listener, clock)


async def _up(directory: Path, listener: socket, clock: str) -> None:
    server = await EmbeddedPostgres.start(directory)
    try:
        log = await PostgresLog.open(server.dsn)
        try:
            await log.create_topics(ALL_TOPICS)
        finally:
            await log.close()
        subject_keys = await server.create_database(KEYS_DATABASE)
        master_keys = directory / "master-keys.json"
        LocalKeyRing.open_or_make(master_keys)
        tokens = directory / "tokens.json"
        TokenStore(tokens).ensure_owner(directory / "owner-token")
        with told_in_a_line():
            settings = ServiceSettings(
                log=server.dsn,
                database=server.dsn,
                subject_keys=subject_keys,
                master_keys=master_keys,
                artifacts=os.environ.get("TENURE_ARTIFACTS", str(directory / "artifacts")),
                keyring=Path(os.environ.get("TENURE_KEYRING", directory / "keys.json")),
                tokens=tokens,
                clock=clock,
            )
        await serve(settings, all_definitions(), listener)
    finally:
        await server.stop()
