"""What is known of all sources now? Looked at each second: what is folded, then where the log ends."""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg
from tenure_eventlog import EventLog, LogUnavailable, Offsets, Partition, TopicMissing
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import EPOCH
from tenure_context_sync.freshness.complete import Look, Proof, latest, learn, remembered
from tenure_context_sync.freshness.verdict import Evidence, Verdict, verdict_of
from tenure_context_sync.source.state import Role, Source, uses_of

SQL = queries("tenure_context_sync", "sql/freshness.sql")
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
SLEPT_SECONDS = 3.0  # looks come each second: without one for so long, this process was not running
TROUBLE = (LogUnavailable, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
Sources = Callable[[], Sequence[Source]]


class Liveness:
    """The evidence of each source as last looked at.

    What was proven is kept in Postgres: a restart begins with it, and no worker takes back what another one said.
    While a look fails everything stays as it was, so ages grow: nothing is known to be fresh that can't be seen.
    `ticks` are seconds that pass also while this process sleeps.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        event_log: EventLog,
        processor: str,
        sources: Sources,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ticks, self._tried_at = ticks, -math.inf
        self._pool, self._log, self._processor, self._sources = pool, event_log, processor, sources
        self._proofs: dict[str, Proof] = {}
        self._looking = asyncio.Lock()
        self.evidence: dict[str, Evidence] = {}
        self.trouble: str | None = None

    def complete_until(self, source: str) -> datetime | None:
        """All commits before this instant of the source's clock are in the store; None where nothing ever came."""
        return self.evidence.get(source, Evidence()).complete_until

    def fresh_until(self, source: str) -> datetime | None:
        """The same by our clock: earlier by as much as the source's is ahead of it."""
        seen = self.evidence.get(source, Evidence())
        return seen.complete_until and seen.complete_until - seen.ahead

    def known(self) -> Mapping[str, Evidence] | None:
        """The evidence; None while nobody can look, or before it was tried again after a sleep."""
        return None if self.trouble else self.awake()

    def awake(self) -> Mapping[str, Evidence] | None:
        """The evidence, however old because looks fail. None where it is old because this process was not running:
        others have gone on meanwhile, and a verdict by it would be false."""
        return self.evidence if self._ticks() - self._tried_at < SLEPT_SECONDS else None

    def verdicts(self, now: datetime) -> list[Verdict]:
        """Of all sources, by name."""
        return [verdict_of(one, self.evidence.get(one.source, Evidence()), now) for one in self._sources()]

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Looks each second, for as long as this lasts."""
        await self.try_to_look()
        async with beside(self._look_on(), "liveness"):
            yield

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.try_to_look()

    async def try_to_look(self) -> None:
        """A look that fails is told as `trouble`; one that was slept through is none, and tells nothing."""
        began = self._ticks()
        try:
            await self.look()
        except TROUBLE as away:
            self.trouble = f"sources can't be watched: {type(away).__name__}: {away}"
        if self._ticks() - began < PATIENCE_SECONDS + LOOK_SECONDS:
            self._tried_at = self._ticks()

    async def look(self) -> None:
        """Raises what the database and the log raise, TimeoutError where either hangs."""
        async with self._looking, asyncio.timeout(PATIENCE_SECONDS):
            sources = self._sources()
            rows = await self._pool.fetch(SQL["progress"], self._processor)
            ends = await self._ends({use.topic for one in sources for use in uses_of(one.registered)})
            found = {str(one.source): Seen(one, rows, ends) for one in sources}
            proofs = {name: seen.learnt(self._proofs.get(name, Proof())) for name, seen in found.items()}
            self._proofs = await self._kept(proofs)
            self.evidence = {name: seen.evidence(self._proofs[name]) for name, seen in found.items()}
            self.trouble, self._tried_at = None, self._ticks()

    async def _ends(self, topics: Iterable[str]) -> Offsets:
        """A topic that is not there holds nothing yet: some connectors make one with its first record."""
        wanted = sorted(topics)
        try:
            return await self._log.end_offsets(wanted) if wanted else {}
        except TopicMissing:
            return {partition: end for topic in wanted for partition, end in (await self._ends_of(topic)).items()}

    async def _ends_of(self, topic: str) -> Offsets:
        try:
            return await self._log.end_offsets([topic])
        except TopicMissing:
            return {}

    async def _kept(self, proofs: Mapping[str, Proof]) -> dict[str, Proof]:
        """Durable before anybody is told."""
        told = sorted((name, proof.complete_until) for name, proof in proofs.items() if proof.complete_until)
        rows = await self._pool.fetch(SQL["raise_complete"], [name for name, _ in told], [at for _, at in told])
        known = {row["source"]: row["complete_until"] for row in rows}
        return {name: remembered(proof, known[name]) if name in known else proof for name, proof in proofs.items()}


class Seen:
    """What one look saw of one source's topics."""

    def __init__(self, source: Source, rows: Iterable[asyncpg.Record], ends: Offsets) -> None:
        roles: dict[str, Role] = {use.topic: use.role for use in uses_of(source.registered)}
        self._rows = [row for row in rows if row["topic"] in roles]
        self._by_role: defaultdict[Role, list[asyncpg.Record]] = defaultdict(list)
        for row in self._rows:
            self._by_role[roles[row["topic"]]].append(row)
        self._topic, self._watched = source.topic, source.every_seconds is not None
        # A heartbeat shows what came before it, so its own topic need not be waited for.
        self._ends = {p: end for p, end in ends.items() if p.topic in roles and roles[p.topic] != "heartbeats"}

    def learnt(self, proof: Proof) -> Proof:
        return learn(proof, self._look(), frozenset((self._topic,)))

    def _look(self) -> Look:
        return Look(
            folded={_partition(row): row["next_offset"] for row in self._rows},
            newest={_partition(row): at for row in self._by_role["rows"] if (at := self._mark(row))},
            heartbeat_at=self._newest("heartbeats", "heartbeat_at"),
            open_since=min((r["open_since"] for r in self._rows if r["open_since"]), default=None),
            ends=self._ends,
        )

    def _mark(self, row: asyncpg.Record) -> datetime | None:
        """A snapshot's rows come one after the other under one time, so they prove nothing where anything else may."""
        streamed: datetime | None = row["streamed_at"]
        return streamed if streamed or self._watched else row["snapshot_at"]

    def _newest(self, role: Role, column: str) -> datetime | None:
        return latest(*(row[column] for row in self._by_role[role]))

    def evidence(self, proof: Proof) -> Evidence:
        delays = [row["delay_us"] for role in ("rows", "heartbeats") for row in self._by_role[role] if row["delay_us"]]
        appended = max((row["appended_ms"] for row in self._rows if row["appended_ms"]), default=None)
        return Evidence(
            complete_until=proof.complete_until,
            changed_at=latest(self._newest("rows", "streamed_at"), self._newest("rows", "snapshot_at")),
            heartbeat_at=self._newest("heartbeats", "heartbeat_at"),
            open_since=min((r["open_since"] for r in self._rows if r["open_since"]), default=None),
            position=max((row["position"] for row in self._by_role["rows"] if row["position"]), default=None),
            appended_at=None if appended is None else EPOCH + timedelta(milliseconds=appended),
            least_delay=timedelta(microseconds=min(delays)) if delays else None,
        )


def _partition(row: asyncpg.Record) -> Partition:
    return Partition(row["topic"], row["partition"])
