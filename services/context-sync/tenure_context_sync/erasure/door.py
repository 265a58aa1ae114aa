"""Where does personal data stop being readable? Here, before a row is written anywhere of ours.

What upstream writes in plain text to its own change topic is upstream's. Our own writers (the engine, the file loader,
the demo) call `seal_rows` before they append, so that the log of ours never holds it either.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import asyncpg
from tenure_eventlog import Record
from tenure_eventlog.queries import queries
from tenure_ingest import DatabaseAway, Quarantined
from tenure_keyring import Keyring

from tenure_context_sync.change.change import Change
from tenure_context_sync.erasure.parked import opened_records, sealed_records
from tenure_context_sync.erasure.personal import (
    Fields,
    Personal,
    plain_values,
    read_fields,
    subject_of,
    to_seal,
    with_tokens,
)

SQL = queries("tenure_context_sync", "sql/erasure.sql")
NO_SUBJECT = "no-subject"
Told = tuple[str, Change]
"""A change, and of which source."""


class KeyringMissing(DatabaseAway):
    """A source has personal fields, and this service has no key ring: set TENURE_SUBJECT_KEYS to a Postgres."""


class _Row(NamedTuple):
    change: Change
    fields: Fields
    personal: Personal


class Door:
    """`personal` says by source which fields are sealed; a source that is not in it has none."""

    def __init__(self, ring: Keyring | None, personal: Mapping[str, Personal]) -> None:
        self._ring, self._personal = ring, personal

    def seals(self, source: str) -> bool:
        return source in self._personal

    def refuses(self, source: str, change: Change) -> str | None:
        """Why the change can't come in, as a word to quarantine by: personal data that is nobody's can't be erased."""
        personal = self._personal.get(source)
        if personal is None or change.kind != "row":
            return None
        fields = read_fields(change.fields)
        return NO_SUBJECT if plain_values(personal, fields) and subject_of(personal, fields) is None else None

    async def sealed(self, changes: Sequence[Told]) -> list[Change]:
        """The changes of a batch in order, with their personal fields sealed. Raises DatabaseAway.

        A crash afterwards leaves at most a key that nothing was sealed with.
        """
        mine = self._mine(changes)
        if not mine:
            return [change for _, change in changes]
        ring = self._demanded()
        with _ring_asked():
            texts = await _sealed(ring, [(one.personal, one.change.key, one.fields) for one in mine.values()])
        done = dict(zip(mine, texts, strict=True))
        return [
            change._replace(fields=done[number]) if number in done else change
            for number, (_, change) in enumerate(changes)
        ]

    async def write(self, connection: asyncpg.Connection, rows: Sequence[Told]) -> None:
        """Keeps whose the rows are, in the transaction that writes them: they are found when they must go."""
        found = [(subject_of(one.personal, one.fields), one) for one in self._mine(rows).values()]
        theirs = sorted({(subject, one.personal.source, one.change.key) for subject, one in found if subject})
        if theirs:
            await connection.execute(SQL["meet_rows"], *(list(column) for column in zip(*theirs, strict=True)))

    async def parked(self, bad: Sequence[Quarantined]) -> list[Quarantined]:
        """Records that could not be read, sealed whole where there is a ring. Raises DatabaseAway.

        Without a ring nothing is personal, or it must not be kept: nobody can tell what is in such a record.
        """
        if not bad or (self._ring is None and not self._personal):
            return list(bad)
        ring = self._demanded()
        with _ring_asked():
            return await sealed_records(ring, bad)

    async def reopened(self, records: Sequence[Record]) -> Sequence[Record | None]:
        """Parked records as they came; None of one whose day's key was destroyed. Raises DatabaseAway."""
        if self._ring is None or not records:
            return records
        with _ring_asked():
            return await opened_records(self._ring, records)

    def _mine(self, changes: Sequence[Told]) -> dict[int, _Row]:
        """Those of a source that has personal fields, by their place among all."""
        known = self._personal
        if not known:
            return {}
        return {
            number: _Row(change, read_fields(change.fields), known[source])
            for number, (source, change) in enumerate(changes)
            if change.kind == "row" and source in known
        }

    def _demanded(self) -> Keyring:
        if self._ring is None:
            raise KeyringMissing(str(KeyringMissing.__doc__))
        return self._ring


@contextmanager
def _ring_asked() -> Iterator[None]:
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:  # OSError: a time-out too
        raise DatabaseAway(f"the key ring can't be reached: {away}") from away


async def seal_rows(ring: Keyring, personal: Personal, rows: Sequence[tuple[str, str]]) -> list[str]:
    """Many rows' JSON texts, sealed as the door seals them: for writers of change topics.

    A row is (key, fields), the key as `write_key` writes it. Raises ValueError where one is nobody's.
    """
    return await _sealed(ring, [(personal, key, read_fields(fields)) for key, fields in rows])


async def _sealed(ring: Keyring, rows: Sequence[tuple[Personal, str, Fields]]) -> list[str]:
    wanted = [to_seal(*row) for row in rows]
    tokens = iter(await ring.seal([plain for of_row in wanted for plain in of_row.values()]))
    return [
        with_tokens(fields, {name: next(tokens) for name in of_row})
        for (_, _, fields), of_row in zip(rows, wanted, strict=True)
    ]
