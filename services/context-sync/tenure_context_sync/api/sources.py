"""What can be asked of sources?"""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import Body, Name, ReceiptBody, StreamRead

from tenure_context_sync.api.common import ColumnName, ColumnNames, Engineer, Topic, as_it_is, listing
from tenure_context_sync.events import Field, Heartbeat
from tenure_context_sync.names import PrincipalId, SourceName
from tenure_context_sync.source.decider import RegisterSource

router = APIRouter()


class FieldBody(Body):
    name: ColumnName
    type: Name
    personal: bool = False
    nullable: bool = True


class HeartbeatBody(Body):
    topic: Topic
    every_seconds: Annotated[int, Limit(ge=1, le=86_400)]


class NewSource(Body):
    """`time_field` and `position_field` say of plain JSON when, and where in the source's own order, a row changed.

    Without them that is when the log took the record, and its offset.
    """

    source: Name
    topic: Topic
    format: Literal["debezium", "debezium_unwrapped", "json"] = "debezium"
    key: ColumnNames
    fields: Annotated[tuple[FieldBody, ...], Limit(min_length=1, max_length=2_000)]
    heartbeat: HeartbeatBody | None = None
    transaction_topic: Topic | None = None
    time_field: ColumnName | None = None
    position_field: ColumnName | None = None


@router.post("/sources", status_code=201, response_model=ReceiptBody)
async def register_source(body: NewSource, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    others = feeding(mutation.replica, body.topic) - {body.source}
    command = RegisterSource(
        source=SourceName(body.source),
        topic=body.topic,
        format=body.format,
        key=body.key,
        fields=tuple(Field(**dict(field)) for field in body.fields),
        heartbeat=Heartbeat(**dict(body.heartbeat)) if body.heartbeat else None,
        transaction_topic=body.transaction_topic,
        time_field=body.time_field,
        position_field=body.position_field,
        topic_of=SourceName(min(others)) if others else None,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/source/{body.source}")


def feeding(replica: Replica, topic: str) -> set[str]:
    """The sources that a topic feeds: one at most, but for two that were registered at the same moment."""
    sources = [stream.state for stream in replica.streams("context/source").values() if not stream.parked]
    return {str(source.source) for source in sources if source and source.topic == topic}


router.get("/sources", name="list_sources")(listing("context/source"))

READS = (
    StreamRead(
        path="/sources/{source}",
        stream=lambda params: f"context/source/{params['source']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One source: its topic, key and fields",
    ),
)
