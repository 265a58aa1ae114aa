"""What does an engine capture, and what must it remember between its starts?"""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # a part of topics, of the slot's and the publication's name
TABLE = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
MOST_TABLES = 200
Snapshot = Literal["none", "begun", "done"]


class CaptureRefused(ValueError):
    """What was asked for can't be captured; the message says what to do instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """Where it is, without the password."""

    host: str
    port: int
    user: str
    name: str
    sslmode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """`tables` are written `schema.table`; `name` is the first word of the topics.

    `personal` and `subjects` are columns, written `schema.table.column`: what is sealed, and whose it is; `clear` are
    the others of these tables, as they were when it was added.
    """

    name: str
    database: Database
    tables: tuple[str, ...]
    heartbeat_seconds: int
    personal: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise CaptureRefused(f"{self.name!r} is no name: small letters, digits and _, at most 40, a letter first")
        if wrong := [table for table in self.tables if not TABLE.fullmatch(table)]:
            raise CaptureRefused(f"{wrong[0]!r} is no table: write schema.table in small letters, digits and _")
        if not 1 <= len(set(self.tables)) == len(self.tables) <= MOST_TABLES:
            raise CaptureRefused(f"name each table once, at least one and at most {MOST_TABLES}")
        if not 1 <= self.heartbeat_seconds <= 3_600:
            raise CaptureRefused("the heartbeat is every second to every hour")
        self._demand_subjects()

    def _demand_subjects(self) -> None:
        for column in (*self.personal, *self.subjects):
            if column.rpartition(".")[0] not in self.tables:
                raise CaptureRefused(f"{column!r} is no column of a captured table: write schema.table.column")
        whose = [column.rpartition(".")[0] for column in self.subjects]
        for table in dict.fromkeys(column.rpartition(".")[0] for column in self.personal):
            if whose.count(table) != 1:
                raise CaptureRefused(f"{table} has personal columns: name by --subject the one with the random id")

    def marked(self, table: str) -> frozenset[str]:
        """A table's personal columns."""
        return _columns_of(table, self.personal)

    def knowing(self, tables: Mapping[str, Sequence[str]]) -> Self:
        """With the columns that these tables have now, of which those that are not marked stay in the clear."""
        columns = (f"{table}.{name}" for table, names in tables.items() if self.marked(table) for name in names)
        return replace(self, clear=tuple(one for one in columns if one not in self.personal))

    def in_the_clear(self, table: str) -> frozenset[str]:
        """A table's columns that are nobody's; one that comes later is none of them."""
        return _columns_of(table, self.clear)

    def subject(self, table: str) -> str | None:
        """The column that says whose a row is."""
        return next(iter(_columns_of(table, self.subjects)), None)

    @property
    def heartbeat_table(self) -> str:
        return "public.tenure_heartbeat"

    @property
    def slot(self) -> str:
        """The replication slot's name, and the publication's."""
        return f"tenure_{self.name}"

    @property
    def transaction_topic(self) -> str:
        return f"{self.name}.transaction"

    def topic(self, table: str) -> str:
        """As Debezium names it."""
        return f"{self.name}.{table}"

    @property
    def topics(self) -> tuple[str, ...]:
        """All that are appended to."""
        return (*map(self.topic, (*self.tables, self.heartbeat_table)), self.transaction_topic)


def _columns_of(table: str, columns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for of, _, name in (column.rpartition(".") for column in columns) if of == table)


def read_dsn(dsn: str) -> Database:
    """`postgresql://user@host:port/database?sslmode=require`. Raises CaptureRefused."""
    parts = urlsplit(dsn)
    if parts.password is not None:
        raise CaptureRefused(
            "a password on the command line can be read by every user of this machine: leave it out of the address, "
            "and set PGPASSWORD"
        )
    try:
        port = parts.port or 5432
    except ValueError:
        port = 0
    asked = dict(parse_qsl(parts.query))
    if parts.scheme not in ("postgresql", "postgres") or not (parts.hostname and parts.username and parts.path[1:]):
        raise CaptureRefused("write postgresql://user@host:port/database")
    if not port or asked.keys() - {"sslmode"}:
        raise CaptureRefused("of an address's options only sslmode is taken, and its port is a number")
    return Database(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        name=unquote(parts.path[1:]),
        sslmode=asked.get("sslmode", "prefer"),
    )


@dataclass(frozen=True, slots=True)
class Folder:
    """What is kept of one capture on this machine. Where the engine has come to is not in here: the replication slot
    knows that, and it moves only past what is on the log."""

    path: Path

    def create(self, capture: Capture, password: str) -> None:
        """Durable on return. Raises CaptureRefused where another capture has the name."""
        if self.exists and replace(self.capture(), clear=capture.clear) != capture:
            raise CaptureRefused(f"{capture.name} captures something else already: choose another --name")
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(self.path / "password", password)
        _write(self.path / "capture.json", json.dumps(asdict(capture)))

    @property
    def exists(self) -> bool:
        return (self.path / "capture.json").exists()

    def capture(self) -> Capture:
        found = json.loads((self.path / "capture.json").read_text())
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return Capture(**{**found, **lists, "database": Database(**found["database"])})

    @property
    def password(self) -> str:
        return (self.path / "password").read_text()

    @property
    def snapshot(self) -> Snapshot:
        """How far the first copy of the tables has come."""
        path = self.path / "snapshot"
        found = path.read_text() if path.exists() else "none"
        return "done" if found == "done" else "begun" if found == "begun" else "none"

    def mark(self, snapshot: Snapshot) -> None:
        """Durable on return."""
        _write(self.path / "snapshot", snapshot)

    @contextmanager
    def owned(self) -> Iterator[Self]:
        """By one process at a time. Raises CaptureRefused."""
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CaptureRefused(f"{self.path.name} is captured by another process here: end that first") from None
            yield self


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for the owner alone."""
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
