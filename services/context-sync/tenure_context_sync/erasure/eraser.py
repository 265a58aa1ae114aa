"""How is an erasure that is owed carried out, whatever crashes on the way?

| step | durable after it | a crash here |
|---|---|---|
| 1 `ErasureRequested` is on the log | that it is owed | - |
| 2 the subject's keys are destroyed | the values are gone, everywhere | goes on at 2, which finds no keys |
| 3 the store's rows are blanked | reads need not ask for the keys | goes on at 2 |
| 4 `SubjectErased` is on the log | the registry opens its obligations | goes on at 2, and finds nothing more to do |

Any replica goes on. So the event never comes before the keys are gone, and several replicas may do it at once. `keys`
and `rows` in the event are what the attempt found that came to its end: fewer than there were, where an earlier one was
cut off.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec
import structlog
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries
from tenure_journal import Needed, Replica, Timer
from tenure_keyring import Erased, Keyring, Sealed

from tenure_context_sync.erasure.decider import ConfirmErasure, Subject
from tenure_context_sync.erasure.personal import blanked, place_of, tokens_of
from tenure_context_sync.names import SnapshotName, SubjectId

KIND = "context/subject"
LOOK_SECONDS = 1.0
NO_RING = "there is no key ring here: set TENURE_SUBJECT_KEYS to a Postgres"
ROWS_AT_ONCE = 500
TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
SQL = queries("tenure_context_sync", "sql/erasure.sql")

log = structlog.get_logger()


class Done(NamedTuple):
    """What an erasure found."""

    keys: int
    rows: int
    snapshots: tuple[SnapshotName, ...]


class _StoredRow(NamedTuple):
    source: str
    key: str
    fields: str


class Eraser:
    """Does steps 2 and 3 for what is owed; the timer has step 4 said."""

    def __init__(self, ring: Keyring | None, pool: asyncpg.Pool, replica: Replica) -> None:
        self.ring, self._pool, self._replica = ring, pool, replica
        self._owed: set[str] = set()
        self._done: dict[str, Done] = {}
        self._working = asyncio.Lock()
        self.trouble: str | None = None
        replica.subscribe(self._note)
        self._note(replica.names())

    def erasing(self) -> AbstractAsyncContextManager[None]:
        """Looks each second, for as long as this lasts."""
        return beside(self._erase_on(), "erasure")

    async def settle(self, now: datetime) -> bool:
        """Erases what is owed; True where nothing was, or where it can't be done here."""
        if self.ring is None:
            # Nobody may say that keys are gone who can't look for them.
            self.trouble = f"{len(self._owed)} erasures are owed, and {NO_RING}" if self._owed else None
            return True
        async with self._working:
            todo = [name for name in sorted(self._owed) if name not in self._done]
            for name in todo:
                self._done[name] = await self._erase(self.ring, name.removeprefix(f"{KIND}/"))
        self.trouble = None
        return not todo

    def timer(self) -> Timer:
        return Timer("erasure", self._due)

    def _due(self, view: Replica, now: datetime) -> Iterator[Needed]:
        for name, done in sorted(self._done.items()):
            stream, subject = view.stream(name), SubjectId(name.removeprefix(f"{KIND}/"))
            if stream and not stream.parked:
                command = ConfirmErasure(subject=subject, **done._asdict(), now=now)
                yield Needed(stream=name, command=command, because=stream.digest, cause=stream.head)

    def _note(self, changed: Iterable[str]) -> None:
        for name in changed:
            if name.startswith(f"{KIND}/"):
                stream = self._replica.stream(name)
                state: Subject | None = stream.state if stream and not stream.parked else None
                if state and state.owed:
                    self._owed.add(name)
                else:
                    self._owed.discard(name)
                    self._done.pop(name, None)

    async def _erase_on(self) -> None:
        while True:
            try:
                await self.settle(datetime.min)
            except TROUBLE as trouble:
                self.trouble = f"{len(self._owed)} erasures are owed: {trouble}"
                log.warning("erasure_delayed", owed=len(self._owed), reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)

    async def _erase(self, ring: Keyring, subject: str) -> Done:
        keys = await ring.destroy(subject)
        rows = await self._blank_rows(ring, subject)
        found = await self._pool.fetch(SQL["snapshots_of_subject"], subject)
        return Done(keys, rows, tuple(SnapshotName(row["snapshot"]) for row in found))

    async def _blank_rows(self, ring: Keyring, subject: str) -> int:
        count, after = 0, ("", "")
        while rows := await self._pool.fetch(SQL["rows_of_subject"], subject, *after, ROWS_AT_ONCE):
            count += await self._blank(ring, [_StoredRow(*row) for row in rows])
            after = (rows[-1]["source"], rows[-1]["key"])
        return count

    async def _blank(self, ring: Keyring, rows: list[_StoredRow]) -> int:
        """Only what does not open any more: a row that changed hands holds another subject's values."""
        tokens = [
            (row, name, Sealed(token, place_of(row.source, row.key, name)))
            for row in rows
            for name, token in tokens_of(msgspec.json.decode(row.fields)).items()
        ]
        answers = await ring.open_each([sealed for _, _, sealed in tokens])
        gone: dict[_StoredRow, list[str]] = {}
        for (row, name, _), answer in zip(tokens, answers, strict=True):
            if isinstance(answer, Erased):
                gone.setdefault(row, []).append(name)
        columns = [(*row, blanked(row.fields, names)) for row, names in gone.items()]
        if columns:
            await self._pool.execute(SQL["blank_rows"], *(list(column) for column in zip(*columns, strict=True)))
        return len(columns)
