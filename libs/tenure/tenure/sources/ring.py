"""Where are the keys that our own writers seal personal fields under? Where context-sync has them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tenure_eventlog.embedded import running_dsn
from tenure_keyring import Keyring, PostgresKeys, master_here

KEYS_DATABASE = "tenure_keys"


@asynccontextmanager
async def ring_here(log: str) -> AsyncIterator[Keyring | None]:
    """TENURE_SUBJECT_KEYS under TENURE_MASTER_KEYS; by default those of the embedded platform that runs. None where
    neither is. Raises what `master_here` does, OSError, and what asyncpg raises."""
    directory = Path(log.partition(":")[2] if log.startswith("embedded:") else ".tenure")
    dsn = os.environ.get("TENURE_SUBJECT_KEYS") or _embedded(log, directory)
    if dsn is None:
        yield None
        return
    master = master_here(Path(os.environ.get("TENURE_MASTER_KEYS", directory / "master-keys.json")))
    async with PostgresKeys.open(dsn, master) as keys:
        yield Keyring(keys)


def _embedded(log: str, directory: Path) -> str | None:
    dsn = running_dsn(directory) if log.startswith("embedded:") else None
    return dsn and f"{dsn.rpartition('/')[0]}/{KEYS_DATABASE}"
