"""What can be asked of training snapshots?"""

from fastapi import APIRouter
from starlette.responses import Response
from tenure_eventlog import EventLog, OffsetOutOfRange, TopicMissing
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_service import Body, Name, Problem, ReceiptBody, StreamRead

from tenure_context_sync.api.common import Engineer, Positive, as_it_is, listing, published_of
from tenure_context_sync.events import PartitionRange
from tenure_context_sync.names import ContextName, PrincipalId, SnapshotName
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.snapshot.pinning import pin

router = APIRouter()


class NewSnapshot(Body):
    snapshot: Name
    context: Name
    revision: Positive


@router.post("/snapshots", status_code=201, response_model=ReceiptBody)
async def pin_snapshot(body: NewSnapshot, mutation: Engineer) -> Response:
    """Pins everything that is on the context's source topic now."""
    await mutation.fresh(CONTEXT_EVENTS.name)
    name = f"context/snapshot/{body.snapshot}"
    pinned = mutation.replica.state(name)
    if pinned is None:
        published = published_of(mutation.replica.state(f"context/context/{body.context}"), body.revision)
        source = mutation.replica.state(f"context/source/{published.source}")
        ranges, records, digest = await pinnable(mutation.runtime.event_log, source.topic)
    else:
        ranges, records, digest = pinned.offsets, pinned.records, pinned.digest
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
    return await mutation.execute(command, name)


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
