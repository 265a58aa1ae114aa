"""Where does personal data stop being readable? Here, before a row is written anywhere of ours.

What upstream writes in plain text to its own change topic is upstream's. Our own writers (the engine, the file loader,
the demo) call `seal_rows` before they append, so that the log of ours never holds it either.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import asyncpg
from tenure_eventlog.queries import queries
from tenure_keyring import Keyring

from tenure_context_sync.debezium import Change
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
Place = tuple[str, str]
PersonalOf = Callable[[], Mapping[str, Personal]]


class KeyringMissing(Exception):
    """A source has personal fields, and this service has no key ring: set TENURE_SUBJECT_KEYS to a Postgres."""


class _Row(NamedTuple):
    place: Place
    change: Change
    fields: Fields
    personal: Personal


class Door:
    """`personal` says by source which fields are sealed; a source that is not in it has none."""

    def __init__(self, ring: Keyring | None, personal: PersonalOf) -> None:
        self._ring, self._personal = ring, personal

    def refuses(self, source: str, change: Change) -> str | None:
        """Why the change can't come in, as a word to quarantine by: personal data that is nobody's can't be erased."""
        personal = self._personal().get(source)
        if personal is None or change.kind != "row":
            return None
        fields = read_fields(change.fields)
        return NO_SUBJECT if plain_values(personal, fields) and subject_of(personal, fields) is None else None

    async def sealed(self, rows: Mapping[Place, Change]) -> dict[Place, Change]:
        """The rows of a batch with their personal fields sealed. Raises KeyringMissing, and what the ring's store does.

        A crash afterwards leaves at most a key that nothing was sealed with.
        """
        mine = self._mine(rows)
        if not mine:
            return dict(rows)
        texts = await _sealed(self._demanded(), [(one.personal, one.place[1], one.fields) for one in mine])
        done = {one.place: one.change._replace(fields=text) for one, text in zip(mine, texts, strict=True)}
        return {**rows, **done}

    async def write(self, connection: asyncpg.Connection, rows: Mapping[Place, Change]) -> None:
        """Keeps whose the rows are, in the transaction that writes them, so that they are found when they must go."""
        found = [(one.place, subject_of(one.personal, one.fields)) for one in self._mine(rows)]
        theirs = sorted({(subject, *place) for place, subject in found if subject})
        if theirs:
            await connection.execute(SQL["meet_rows"], *(list(column) for column in zip(*theirs, strict=True)))

    def _mine(self, rows: Mapping[Place, Change]) -> list[_Row]:
        known = self._personal()
        if not known:
            return []
        found = [(place, change, known[place[0]]) for place, change in rows.items() if place[0] in known]
        return [_Row(p, c, read_fields(c.fields), personal) for p, c, personal in found if c.kind == "row"]

    def _demanded(self) -> Keyring:
        if self._ring is None:
            raise KeyringMissing(str(KeyringMissing.__doc__))
        return self._ring


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
