"""What can be asked of sources' schemas: how they changed, and what a change would break?"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog import LogUnavailable, TopicMissing
from tenure_eventlog.retained import retained
from tenure_service import At, Body, Name, Problem, StreamRead, not_found

from tenure_context_sync.api.common import ColumnName, Reader
from tenure_context_sync.api.sources import FieldBody
from tenure_context_sync.context.catalogue import Catalogue
from tenure_context_sync.events import ContextHit, Field, FieldChange, ReleaseHit, SlaHit, SourceSchemaChanged
from tenure_context_sync.names import SchemaChangeClass
from tenure_context_sync.shape.blast import blast_radius
from tenure_context_sync.shape.difference import class_of, difference
from tenure_context_sync.shape.noticing import bound, reads_of, released
from tenure_context_sync.shape.rehearsal import Outcome, Rehearsal, reshaper
from tenure_context_sync.shape.rehearsing import MOST_CHANGES, readers_of, rehearse
from tenure_context_sync.source.feeds import KIND, feeds_of
from tenure_context_sync.source.state import Source

router = APIRouter()


class NewShape(Body):
    """The rows' fields as they would be. `renames` says which of them was called what before: old name, new name."""

    source: Name
    fields: Annotated[tuple[FieldBody, ...], Limit(min_length=1, max_length=2_000)]
    renames: Annotated[dict[ColumnName, ColumnName], Limit(default_factory=dict, max_length=2_000)]
    last_seconds: Annotated[int, Limit(gt=0, le=31 * 24 * 3_600)] = 6 * 3_600


class RehearsedRevision(Body):
    """`broken`: how many rows it could not read, by reason; `examples`: keys of some of them."""

    readable: int
    broken: dict[str, int]
    examples: dict[str, list[str]]


class RehearsalBody(Body):
    """`rows`: how many changes were tried; `complete` where these are all that are retained of that time."""

    rows: int
    unreadable: int
    complete: bool
    change_class: SchemaChangeClass
    changes: list[FieldChange]
    revisions: dict[str, RehearsedRevision]
    contexts: list[ContextHit]
    slas: list[SlaHit]
    releases: list[ReleaseHit]


@router.post("/contexts/rehearse", response_model=RehearsalBody)
async def rehearse_schema(body: NewShape, read: Reader) -> Response:
    """What would break if a source's rows looked like this, by the changes that are retained. It changes nothing."""
    source: Source | None = read.replica.state(f"{KIND}/{body.source}")
    if source is None:
        raise not_found(f"source {body.source}")
    fields = tuple(Field(**dict(field)) for field in body.fields)
    catalogue = read.runtime.part(Catalogue)
    rehearsal = Rehearsal(reshaper(source.fields, fields, body.renames), readers_of(catalogue.live(), source.source))
    since_ms = int((read.runtime.clock.now() - timedelta(seconds=body.last_seconds)).timestamp() * 1_000)
    records = retained(read.runtime.event_log, source.topic, since_ms, MOST_CHANGES)
    try:
        done = await rehearse(records, feeds_of([source])[source.topic], rehearsal)
    except TopicMissing:
        missing = f"there is no topic {source.topic} yet: whoever writes the source's changes makes it"
        raise Problem(409, "topic-missing", missing) from None
    except LogUnavailable as away:
        raise Problem(503, "log-away", str(away)) from away
    changes = difference(source.fields, fields, source.key)
    hit = blast_radius(changes, reads_of(catalogue, source.source), bound(read.replica), released(read.replica))
    return read.answer(
        {
            "rows": done.rows,
            "unreadable": done.unreadable,
            "complete": done.records < MOST_CHANGES,
            "change_class": class_of(changes),
            "changes": changes,
            "revisions": {name: outcome_view(one) for name, one in sorted(done.outcomes.items())},
            **hit._asdict(),
        }
    )


def outcome_view(outcome: Outcome) -> dict[str, object]:
    return {"readable": outcome.readable, "broken": dict(outcome.broken), "examples": outcome.examples}


def changes_of(at: At) -> tuple[SourceSchemaChanged, ...] | None:
    return at.state.changes if at.state else None


READS = (
    StreamRead(
        path="/sources/{source}/changes",
        stream=lambda params: f"{KIND}/{params['source']}",
        view=changes_of,
        answers=list[SourceSchemaChanged],
        summary="How a source's schema changed, oldest first: each with its class and whom it hits",
    ),
)
