"""A source, its connector, the log and the store, as far as completeness depends on them; every step is the test's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from tenure_context_sync.freshness.complete import Look, Proof, learn
from tenure_eventlog import Partition

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROWS, BEATS, TRANSACTIONS = "crm.orders", "crm.beats", "crm.transaction"
HEARTBEAT, MARKERS = Partition(BEATS, 0), Partition(TRANSACTIONS, 0)
Kind = Literal["row", "heartbeat", "begin", "end"]


class Written(NamedTuple):
    """What the connector appends, of the commit of this number."""

    kind: Kind
    partition: Partition
    commit: int
    at: datetime


class Commit(NamedTuple):
    """`seconds` after the one before; the partitions of its rows, none for a heartbeat."""

    seconds: int
    rows: tuple[int, ...]


@dataclass(slots=True)
class World:
    """`log` by partition, `folded` how many of it are in the store."""

    to_write: Sequence[Written]
    partitions: int
    log: defaultdict[Partition, list[Written]] = field(default_factory=lambda: defaultdict(list))
    folded: defaultdict[Partition, int] = field(default_factory=lambda: defaultdict(int))
    written: int = 0
    proof: Proof = field(default_factory=Proof)
    seen: Look | None = None

    @classmethod
    def of(cls, commits: Sequence[Commit], partitions: int, *, marked: bool) -> World:
        """`marked`: each transaction is put between its BEGIN and its END."""
        at, written = NOON, list[Written]()
        for number, commit in enumerate(commits):
            at += timedelta(seconds=commit.seconds)
            rows = [Written("row", Partition(ROWS, row % partitions), number, at) for row in commit.rows]
            inside = rows or [Written("heartbeat", HEARTBEAT, number, at)]
            marks = [Written(kind, MARKERS, number, at) for kind in ("begin", "end")] if marked else []
            written += [*marks[:1], *inside, *marks[1:]]
        return cls(written, partitions)

    @property
    def all_partitions(self) -> list[Partition]:
        return [*(Partition(ROWS, number) for number in range(self.partitions)), HEARTBEAT, MARKERS]

    def append(self, how_many: int) -> None:
        for record in self.to_write[self.written : self.written + how_many]:
            self.log[record.partition].append(record)
            self.written += 1

    def restart(self, back: int) -> None:
        """The connector was killed: what it had not noted down it writes again, in the same order."""
        self.written = max(0, self.written - back)

    def fold(self, which: int, at_most: int) -> None:
        partition = self.all_partitions[which % len(self.all_partitions)]
        self.folded[partition] = min(self.folded[partition] + at_most, len(self.log[partition]))

    def see(self) -> None:
        """The first half of a look: what is folded."""
        newest = {p: max(r.at for r in self._in_store(p)) for p in self.all_partitions[:-2] if self.folded[p]}
        beats = [record.at for record in self._in_store(HEARTBEAT)]
        self.seen = Look(dict(self.folded), newest, max(beats, default=None), self._open_since(), {})

    def ask(self) -> None:
        """The second half: where the log ends by now; then what both prove."""
        if self.seen:
            ends = {p: len(self.log[p]) for p in self.all_partitions if p != HEARTBEAT}
            self.proof = learn(self.proof, replace(self.seen, ends=ends), frozenset((ROWS,)))
            self.seen = None

    def _in_store(self, partition: Partition) -> Sequence[Written]:
        return self.log[partition][: self.folded[partition]]

    def _open_since(self) -> datetime | None:
        marks = self._in_store(MARKERS)
        last = {mark.commit: mark for mark in marks}
        newest_end = max((mark.at for mark in marks if mark.kind == "end"), default=NOON)
        return min((m.at for m in last.values() if m.kind == "begin" and m.at >= newest_end), default=None)

    def oldest_missing(self) -> datetime | None:
        """The brute-force oracle: the first commit, also of those still to come, of which a row is not in the store."""
        stored = {(r.commit, r.partition) for p in self.all_partitions for r in self._in_store(p)}
        missing = (r.at for r in self.to_write if r.kind == "row" and (r.commit, r.partition) not in stored)
        return min(missing, default=None)
