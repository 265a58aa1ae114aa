"""Up to which instant is every commit of a source in the store? The proof is in docs/freshness.md.

It rests on one assumption: a connector appends in the order of the source's commits, so that whatever it appended
before a record was committed no later than that record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_eventlog import Offsets, Partition

MOST_CLAIMS = 120


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one source: first, in one instant, what is folded; then, asked after that, where the log ends.

    `newest` is the newest streamed commit folded of each partition of rows, `heartbeat_at` that of the heartbeats,
    `open_since` the commit time of a transaction that has begun and not ended.
    """

    folded: Offsets
    newest: Mapping[Partition, datetime]
    heartbeat_at: datetime | None
    open_since: datetime | None
    ends: Offsets


@dataclass(frozen=True, slots=True)
class Claim:
    """All commits before `mark` are in the store once it is folded up to `ends`."""

    mark: datetime
    ends: Offsets

    def holds(self, folded: Offsets) -> bool:
        return all(folded.get(partition, 0) >= end for partition, end in self.ends.items())


@dataclass(frozen=True, slots=True)
class Proof:
    """All commits before `complete_until` are in the store. `claims`, oldest first, wait to be proven."""

    complete_until: datetime | None = None
    proven: datetime | None = None
    claims: tuple[Claim, ...] = ()


def learn(proof: Proof, look: Look, rows: frozenset[str]) -> Proof:
    """What one look more proves. `rows` are the topics that have the source's rows."""
    claims = with_claim(proof, look)
    proven = latest(proof.proven, *(claim.mark for claim in claims if claim.holds(look.folded)))
    waiting = tuple(claim for claim in claims if proven is None or claim.mark > proven)
    candidate = latest(proven, floor(look, rows))
    if candidate and look.open_since and look.open_since < candidate:
        candidate = look.open_since
    return Proof(latest(proof.complete_until, candidate), proven, waiting)


def with_claim(proof: Proof, look: Look) -> tuple[Claim, ...]:
    """Of too many claims the youngest gives way: the older ones are proven sooner."""
    mark = latest(look.heartbeat_at, *look.newest.values())
    newest = proof.claims[-1].mark if proof.claims else proof.proven
    if mark is None or (newest is not None and mark <= newest):
        return proof.claims
    return (*proof.claims[: MOST_CLAIMS - 1], Claim(mark, look.ends))


def floor(look: Look, rows: frozenset[str]) -> datetime | None:
    """What lags is complete up to its newest commit at least; nothing is known of a partition that was never read."""
    partitions = [partition for partition in look.ends if partition.topic in rows]
    if not partitions or any(partition not in look.newest for partition in partitions):
        return None
    return min(look.newest[partition] for partition in partitions)


def latest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def remembered(proof: Proof, complete_until: datetime) -> Proof:
    """With what another worker, or this one before its restart, has proven."""
    return replace(proof, complete_until=latest(proof.complete_until, complete_until))
