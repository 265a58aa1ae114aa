"""What can be asked of training snapshots?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_artifacts import ArtifactError
from tenure_eventlog import EventLog, OffsetOutOfRange, TopicMissing
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_ingest import DatabaseAway
from tenure_service import Body, Mutation, Name, Problem, Read, ReceiptBody, StreamRead, not_found, reads

from tenure_context_sync.api.common import ColumnName, Engineer, Positive, as_it_is, listing, published_of
from tenure_context_sync.events import (
    ContextPublished,
    PartitionRange,
    SnapshotPinned,
    SourcePosition,
)
from tenure_context_sync.names import ContextName, PrincipalId, SnapshotName
from tenure_context_sync.snapshot.building import Plan
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.snapshot.history import TooManyChanges
from tenure_context_sync.snapshot.parquet import SpineRefused, ValueRefused
from tenure_context_sync.snapshot.pinning import pin
from tenure_context_sync.snapshot.writing import Tables, columns_of
from tenure_context_sync.source.feeds import feeds_of
from tenure_context_sync.source.state import Source

router = APIRouter()
Rebuilder = Annotated[Read, Depends(reads("engineer", "auditor"))]


class NewSnapshot(Body):
    """`table`: rows are written, as of now; with a `spine`, an artifact, as of each of its rows' own `time`."""

    snapshot: Name
    context: Name
    revision: Positive
    table: bool = False
    spine: Annotated[str, Limit(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    time: ColumnName | None = None


@router.post("/snapshots", status_code=201, response_model=ReceiptBody)
async def pin_snapshot(body: NewSnapshot, mutation: Engineer) -> Response:
    """Pins everything that is on the context's source topic now."""
    if (body.spine is None) != (body.time is None):
        raise Problem(422, "spine-incomplete", "a spine comes with the column of its rows' time")
    await mutation.fresh(CONTEXT_EVENTS.name)
    name = f"context/snapshot/{body.snapshot}"
    pinned: SnapshotPinned | None = mutation.replica.state(name)
    command = await pinning(body, mutation) if pinned is None else again(body, mutation, pinned)
    return await mutation.execute(command, name)


async def pinning(body: NewSnapshot, mutation: Mutation) -> PinSnapshot:
    published = published_of(mutation.replica.state(f"context/context/{body.context}"), body.revision)
    source: Source = mutation.replica.state(f"context/source/{published.source}")
    ranges, records, digest = await pinnable(mutation.runtime.event_log, source.topic)
    command = PinSnapshot(
        snapshot=SnapshotName(body.snapshot),
        context=ContextName(body.context),
        revision=body.revision,
        offsets=ranges,
        records=records,
        digest=digest,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await with_table(body, mutation, command, source, published) if body.table or body.spine else command


async def with_table(
    body: NewSnapshot, mutation: Mutation, command: PinSnapshot, source: Source, published: ContextPublished
) -> PinSnapshot:
    tables = mutation.runtime.part(Tables)
    with told():
        plan = await planned(tables, source, published, command, body.spine, body.time)
        table, built = await tables.write(body.snapshot, plan, body.spine)
    position = SourcePosition(source=source.source, position=built.position, complete_until=None)
    return replace(command, table=table, positions=(position,))


async def planned(
    tables: Tables,
    source: Source,
    published: ContextPublished,
    of: PinSnapshot,
    spine: str | None,
    time: str | None,
) -> Plan:
    columns = columns_of(source.registered, published)
    if columns is None:
        raise Problem(422, "view-not-writable", "a table can hold fields of the primary source, and this view is more")
    wanted = await tables.spine(spine, columns, time) if spine and time else None
    read = feeds_of([source])[source.topic].read
    return Plan(read=read, columns=columns, ranges=of.offsets, as_of=of.now, spine=wanted)


def again(body: NewSnapshot, mutation: Mutation, pinned: SnapshotPinned) -> PinSnapshot:
    """What was pinned under the name, so that a repeat changes nothing."""
    return PinSnapshot(
        snapshot=SnapshotName(body.snapshot),
        context=ContextName(body.context),
        revision=body.revision,
        offsets=pinned.offsets,
        records=pinned.records,
        digest=pinned.digest,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )


@contextmanager
def told() -> Iterator[None]:
    """What can't be built, as a problem."""
    try:
        yield
    except (TooManyChanges, ValueRefused, SpineRefused) as refused:
        raise Problem(422, "table-refused", str(refused)) from None
    except (ArtifactError, DatabaseAway, OSError) as away:
        raise Problem(503, "table-not-written", str(away)) from None
    except ImportError as missing:
        raise Problem(501, "pyarrow-missing", f"{missing}: pip install 'tenure[snapshots]'") from None
    except OffsetOutOfRange:
        raise Problem(410, "records-expired", "records of the pinned ranges are no longer on the topic") from None


class Rebuild(Body):
    """`time`: the spine's column, where the table has a spine."""

    time: ColumnName | None = None


@router.post("/snapshots/{snapshot}/rebuild")
async def rebuild_snapshot(snapshot: Name, body: Rebuild, read: Rebuilder) -> Response:
    """Builds the table again from the retained changes, keeps nothing, and says whether it is the same."""
    pinned: SnapshotPinned | None = read.replica.state(f"context/snapshot/{snapshot}")
    if pinned is None or pinned.table is None:
        raise not_found(f"table of snapshot {snapshot}")
    published = published_of(read.replica.state(f"context/context/{pinned.context}"), pinned.revision)
    source: Source = read.replica.state(f"context/source/{published.source}")
    tables, columns = read.runtime.part(Tables), columns_of(source.registered, published)
    spine = pinned.table.spine_digest
    if columns is None or (spine and body.time is None):
        raise Problem(422, "spine-incomplete", "name the column of the spine's time")
    with told():
        wanted = await tables.spine(spine, columns, body.time) if spine and body.time else None
        read_change = feeds_of([source])[source.topic].read
        plan = Plan(read=read_change, columns=columns, ranges=pinned.offsets, as_of=pinned.as_of, spine=wanted)
        built = await tables.rebuilt(plan)
    found = built.digest.hex()
    return read.answer({"rows": built.digest.rows, "rows_digest": found, "equal": found == pinned.table.rows_digest})


async def pinnable(event_log: EventLog, topic: str) -> tuple[tuple[PartitionRange, ...], int, str]:
    """What `pin` finds on the topic, or the problem that it meets."""
    try:
        return await pin(event_log, topic)
    except TopicMissing:
        raise Problem(409, "topic-missing", f"nothing can be pinned of {topic}: there is no such topic yet") from None
    except OffsetOutOfRange:
        raise Problem(503, "records-expired", f"{topic} lost records while they were read; try again") from None


router.get("/snapshots", name="list_snapshots")(listing("context/snapshot"))

READS = (
    StreamRead(
        path="/snapshots/{snapshot}",
        stream=lambda params: f"context/snapshot/{params['snapshot']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One snapshot: its ranges and digest",
    ),
)
