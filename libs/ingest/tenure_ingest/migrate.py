"""How do tables come to be? By numbered .sql files, each applied once, in order, by whoever starts first."""

import hashlib
import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import asyncpg

from tenure_ingest.queries import QUERIES

_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


class MigrationEdited(Exception):
    """A migration that was already applied has been changed, or is gone; write a new one instead."""


class _Migration(NamedTuple):
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(connection: asyncpg.Connection, package: str, folder: str = "migrations") -> list[str]:
    """Applies what is missing of the package's `NNNN_name.sql` files, all in one transaction; their names.

    Any number of processes may call it at once: an advisory lock lets one work and the rest find nothing to do.

    Raises: MigrationEdited.
    """
    wanted = sorted(_migrations(package, folder))
    async with connection.transaction():
        await connection.execute(QUERIES["migration_lock"])
        await connection.execute(QUERIES["migration_table"])
        applied = {row["number"]: row["digest"] for row in await connection.fetch(QUERIES["applied"], package)}
        _check(wanted, applied, package)
        missing = [one for one in wanted if one.number not in applied]
        for one in missing:
            await connection.execute(one.sql)
            await connection.execute(QUERIES["mark_applied"], package, one.number, one.name, one.digest)
    return [one.name for one in missing]


def _migrations(package: str, folder: str) -> Iterator[_Migration]:
    for file in resources.files(package).joinpath(folder).iterdir():
        if numbered := _NUMBERED.fullmatch(file.name):
            yield _Migration(int(numbered[1]), file.name, file.read_text("utf-8"))


def _check(wanted: list[_Migration], applied: dict[int, str], package: str) -> None:
    here = {one.number: one.digest for one in wanted}
    edited = [number for number, digest in applied.items() if here.get(number) != digest]
    if edited:
        raise MigrationEdited(f"{package}: {sorted(edited)}")
