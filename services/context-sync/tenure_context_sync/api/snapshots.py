"""What can be asked of training snapshots?"""

from collections.abc import Iterator, Sequence
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
from tenure_context_sync.context.catalogue import Catalogue, named
from tenure_context_sync.erasure.personal import personal_of
from tenure_context_sync.events import PartitionRange, SnapshotPinned, SourcePosition
from tenure_context_sync.names import ContextName, PrincipalId, SnapshotName, SourceName
from tenure_context_sync.snapshot.building import Plan, TooManyChanges
from tenure_context_sync.snapshot.columns import columns_of
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.snapshot.parquet import SpineRefused, ValueRefused
from tenure_context_sync.snapshot.pinning import pin
from tenure_context_sync.snapshot.restorer import Restorer
from tenure_context_sync.snapshot.table import TooManyRows
from tenure_context_sync.snapshot.writing import Tables
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
    """Pins everything that is on the topics of the revision's sources now."""
    if (body.spine is None) != (body.time is None):
        raise Problem(422, "spine-incomplete", "a spine comes with the column of its rows' time")
    await mutation.fresh(CONTEXT_EVENTS.name)
    name = f"context/snapshot/{body.snapshot}"
    pinned: SnapshotPinned | None = mutation.replica.state(name)
    command = await pinning(body, mutation) if pinned is None else again(body, mutation, pinned)
    return await mutation.execute(command, name)


async def pinning(body: NewSnapshot, mutation: Mutation) -> PinSnapshot:
    sources = sources_of(mutation, body.context, body.revision)
    ranges, records, digest = await pinnable(mutation.runtime.event_log, [one.topic for one in sources])
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
    return await with_table(body, mutation, command) if body.table or body.spine else command


def sources_of(at: Mutation | Read, context: str, revision: int) -> list[Source]:
    """All that the revision names: the primary one, then the others by name."""
    published = published_of(at.replica.state(f"context/context/{context}"), revision)
    others = sorted(named(published) - {published.source})
    return [at.replica.state(f"context/source/{name}") for name in (published.source, *others)]


async def with_table(body: NewSnapshot, mutation: Mutation, command: PinSnapshot) -> PinSnapshot:
    tables = mutation.runtime.part(Tables)
    sources = sources_of(mutation, body.context, body.revision)
    with told():
        await mutation.runtime.part(Restorer).demand_whole([one.source for one in sources])
        plan = await planned(mutation, command, body.spine, body.time)
        table, built = await tables.write(body.snapshot, plan, body.spine)
        rows = await tables.pin_rows([one.source for one in sources], [one.topic for one in sources])
    positions = tuple(
        SourcePosition(source=SourceName(source), position=position, complete_until=None)
        for source, position in built.positions.items()
    )
    return replace(command, table=table, rows=rows, positions=positions)


async def planned(at: Mutation | Read, of: PinSnapshot | SnapshotPinned, spine: str | None, time: str | None) -> Plan:
    published = published_of(at.replica.state(f"context/context/{of.context}"), of.revision)
    sources, view = sources_of(at, of.context, of.revision), at.runtime.part(Catalogue).view(published)
    types = {one.source: {f.name: f.type for f in one.fields_at(published.published_at)} for one in sources}
    personal = {str(one.source): found for one in sources if (found := personal_of(one.registered))}
    wanted = await at.runtime.part(Tables).spine(spine, published.entity_key, time) if spine and time else None
    return Plan(
        view=view,
        feeds=feeds_of(sources),
        columns=columns_of(view, types, personal),
        ranges=of.offsets,
        as_of=of.as_of if isinstance(of, SnapshotPinned) else of.now,
        spine=wanted,
    )


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
    except (TooManyChanges, TooManyRows, ValueRefused, SpineRefused) as refused:
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
    spine = pinned.table.spine_digest
    if spine and body.time is None:
        raise Problem(422, "spine-incomplete", "name the column of the spine's time")
    with told():
        built = await read.runtime.part(Tables).rebuilt(await planned(read, pinned, spine, body.time))
    found = built.digest.hex()
    return read.answer({"rows": built.digest.rows, "rows_digest": found, "equal": found == pinned.table.rows_digest})


async def pinnable(event_log: EventLog, topics: Sequence[str]) -> tuple[tuple[PartitionRange, ...], int, str]:
    """What `pin` finds on the topics, or the problem that it meets."""
    all_of_them = ", ".join(topics)
    try:
        return await pin(event_log, topics)
    except TopicMissing:
        raise Problem(409, "topic-missing", f"nothing can be pinned of {all_of_them}: not all are there yet") from None
    except OffsetOutOfRange:
        raise Problem(503, "records-expired", f"{all_of_them} lost records while they were read; try again") from None


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
