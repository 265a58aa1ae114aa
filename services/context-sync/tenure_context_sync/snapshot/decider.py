"""Which stretch of a source was a model trained on?

- What a snapshot pins never changes.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_decider import Decider, Rejected

from tenure_context_sync.events import PartitionRange, SnapshotEvent, SnapshotPinned
from tenure_context_sync.names import ContextName, PrincipalId, SnapshotName


@dataclass(frozen=True, kw_only=True, slots=True)
class PinSnapshot:
    """`digest` is over the records in the ranges, read before the decision."""

    snapshot: SnapshotName
    context: ContextName
    revision: int
    offsets: tuple[PartitionRange, ...]
    records: int
    digest: str
    principal: PrincipalId
    now: datetime


SnapshotCommand = PinSnapshot
Snapshot = SnapshotPinned | None


@dataclass(eq=False)
class SnapshotIsFixed(Rejected):
    """Snapshot {snapshot} is pinned with digest {pinned}; {offered} needs a name of its own."""

    snapshot: SnapshotName
    pinned: str
    offered: str


def decide(snapshot: Snapshot, command: SnapshotCommand) -> SnapshotEvent | None:
    if snapshot and (snapshot.digest, snapshot.offsets) != (command.digest, command.offsets):
        raise SnapshotIsFixed(command.snapshot, snapshot.digest, command.digest)
    if snapshot:
        return None
    return SnapshotPinned(
        snapshot=command.snapshot,
        context=command.context,
        revision=command.revision,
        offsets=command.offsets,
        records=command.records,
        digest=command.digest,
        pinned_by=command.principal,
        pinned_at=command.now,
    )


def evolve(snapshot: Snapshot, event: SnapshotEvent) -> Snapshot:
    return event


snapshot_decider: Decider[Snapshot, SnapshotCommand, SnapshotEvent] = Decider(None, decide, evolve)
