"""Which stretch of a source was a model trained on?

- What a snapshot pins never changes.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_decider import Decider, Rejected

from tenure_context_sync.events import PartitionRange, PinnedRows, SnapshotEvent, SnapshotPinned, SourcePosition, Table
from tenure_context_sync.names import ContextName, PrincipalId, SnapshotName


@dataclass(frozen=True, kw_only=True, slots=True)
class PinSnapshot:
    """`digest` is over the records in the ranges, and `table` and `rows` what was written before the decision."""

    snapshot: SnapshotName
    context: ContextName
    revision: int
    offsets: tuple[PartitionRange, ...]
    records: int
    digest: str
    positions: tuple[SourcePosition, ...] = ()
    table: Table | None = None
    rows: PinnedRows | None = None
    principal: PrincipalId
    now: datetime


SnapshotCommand = PinSnapshot
Snapshot = SnapshotPinned | None


@dataclass(eq=False)
class SnapshotIsFixed(Rejected):
    """Snapshot {snapshot} is pinned: revision {revision} of {context}, digest {digest}. Take another name."""

    snapshot: SnapshotName
    context: ContextName
    revision: int
    digest: str


def decide(snapshot: Snapshot, command: SnapshotCommand) -> SnapshotEvent | None:
    if snapshot and not same(snapshot, command):
        raise SnapshotIsFixed(command.snapshot, snapshot.context, snapshot.revision, snapshot.digest)
    if snapshot:
        return None
    return SnapshotPinned(
        snapshot=command.snapshot,
        context=command.context,
        revision=command.revision,
        offsets=command.offsets,
        records=command.records,
        digest=command.digest,
        positions=command.positions,
        as_of=command.now,
        table=command.table,
        rows=command.rows,
        pinned_by=command.principal,
        pinned_at=command.now,
    )


def same(pinned: SnapshotPinned, command: PinSnapshot) -> bool:
    wanted = (command.context, command.revision, command.offsets, command.digest)
    return (pinned.context, pinned.revision, pinned.offsets, pinned.digest) == wanted


def evolve(snapshot: Snapshot, event: SnapshotEvent) -> Snapshot:
    return event


snapshot_decider: Decider[Snapshot, SnapshotCommand, SnapshotEvent] = Decider(None, decide, evolve)
