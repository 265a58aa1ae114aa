"""What can be asked of bindings, and of how fresh the contexts of a model are?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import Asked, Body, Name, ReceiptBody, Text

from tenure_context_sync import views
from tenure_context_sync.api.common import ColumnName, Engineer, Positive, Reader
from tenure_context_sync.binding.commands import BindContext, Cadence, UnbindContext
from tenure_context_sync.context.state import Revision
from tenure_context_sync.events import ContextPublished, EntityClass, Objective, Sla
from tenure_context_sync.freshness.liveness import Liveness
from tenure_context_sync.freshness.model import freshness_now
from tenure_context_sync.freshness.past import freshness_then
from tenure_context_sync.freshness.slas import KIND, sources_read
from tenure_context_sync.names import ContextName, Lane, ModelName, ModelVersion, OnBreach, PrincipalId, SourceName

router = APIRouter()
Seconds = Annotated[int, Limit(lt=2**31)]


class ObjectiveBody(Body):
    share: float
    window_seconds: Seconds


class ClassBody(Body):
    field: ColumnName
    value: Annotated[str, Limit(max_length=200)]
    max_age_seconds: Seconds


class SlaBody(Body):
    lane: Lane
    max_age_seconds: Seconds
    on_breach: OnBreach
    objective: ObjectiveBody | None = None
    classes: Annotated[tuple[ClassBody, ...], Limit(max_length=100)] = ()


class NewBinding(Body):
    model: Name
    model_version: Name
    context: Name
    revision: Positive
    sla: SlaBody


class Unbinding(Body):
    reason: Text


@router.post("/bindings", status_code=201, response_model=ReceiptBody)
async def bind_context(body: NewBinding, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    known: Revision | None = mutation.replica.state(f"context/context/{body.context}").get(body.revision)
    published = known and known.published
    command = BindContext(
        model=ModelName(body.model),
        model_version=ModelVersion(body.model_version),
        context=ContextName(body.context),
        revision=body.revision,
        source=published.source if published else None,
        reads=cadences(mutation.replica, published) if published else (),
        fields=answered(published) if published else (),
        sla=sla_of(body.sla),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{KIND}/{body.model}")


def sla_of(body: SlaBody) -> Sla:
    return Sla(
        lane=body.lane,
        max_age_seconds=body.max_age_seconds,
        on_breach=body.on_breach,
        objective=Objective(**dict(body.objective)) if body.objective else None,
        classes=tuple(EntityClass(**dict(one)) for one in body.classes),
    )


def cadences(replica: Replica, published: ContextPublished) -> tuple[Cadence, ...]:
    """How often each source that the revision reads shows that it lives."""
    sources = sources_read(replica, published.context, published.revision, published.source)
    return tuple(Cadence(source, every_seconds(replica, source)) for source in sources)


def every_seconds(replica: Replica, source: SourceName) -> int | None:
    known = replica.state(f"context/source/{source}")
    return known.every_seconds if known else None


def answered(published: ContextPublished) -> tuple[str, ...]:
    """The fields that a read of the revision answers."""
    columns = (column.name for column in published.view.columns)
    return (*published.entity_key, *columns, *(one.name for one in published.view.aggregates))


@router.post("/bindings/{model}/{model_version}/{context}/unbind", status_code=201, response_model=ReceiptBody)
async def unbind_context(
    model: Name, model_version: Name, context: Name, body: Unbinding, mutation: Engineer
) -> Response:
    """Its SLA ends with it, and with that whatever a breach held up."""
    command = UnbindContext(
        model=ModelName(model),
        model_version=ModelVersion(model_version),
        context=ContextName(context),
        reason=body.reason,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{KIND}/{model}")


@router.get("/bindings/{model}")
async def read_bindings(model: Name, read: Reader) -> Response:
    """Which contexts each version of a model reads, under which SLA."""
    return read.answer(views.bindings_view(read.replica.state(f"{KIND}/{model}"), read.runtime.clock.now()))


@router.get("/freshness")
async def read_freshness(read: Reader, model: Name, moment: Asked) -> Response:
    """How old each context of a model is beside its limit: now measured, of a past moment what the events say."""
    if not moment.is_now:
        as_of = read.request.query_params.get("as_of", "{")
        at = moment.effective_at or (None if as_of.startswith("{") else read.instant("as_of"))
        return read.answer(await freshness_then(read.replica, model, moment, at), settled=moment.settled)
    liveness, now = read.runtime.part(Liveness), read.runtime.clock.now()
    return read.answer(freshness_now(read.replica, model, liveness.verdicts(now), now))


@router.get("/liveness")
async def read_liveness(read: Reader) -> Response:
    """How each source does now: alive, idle, silent, incomplete or unwatched, how old, and how sure that is."""
    return read.answer(read.runtime.part(Liveness).verdicts(read.runtime.clock.now()))
