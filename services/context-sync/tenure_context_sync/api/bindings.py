"""What can be asked of bindings, and of how fresh the contexts of a model are?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_service import Body, Name, ReceiptBody

from tenure_context_sync import views
from tenure_context_sync.api.common import Engineer, Positive, Reader
from tenure_context_sync.binding.decider import BindContext
from tenure_context_sync.events import Sla
from tenure_context_sync.freshness import freshness
from tenure_context_sync.names import ContextName, Lane, ModelName, ModelVersion, OnBreach, PrincipalId
from tenure_context_sync.store.reads import Store

router = APIRouter()


class SlaBody(Body):
    lane: Lane
    max_age_seconds: Annotated[int, Limit(lt=2**31)]
    on_breach: OnBreach


class NewBinding(Body):
    model: Name
    model_version: Name
    context: Name
    revision: Positive
    sla: SlaBody


@router.post("/bindings", status_code=201, response_model=ReceiptBody)
async def bind_context(body: NewBinding, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    published = mutation.replica.state(f"context/context/{body.context}").get(body.revision)
    command = BindContext(
        model=ModelName(body.model),
        model_version=ModelVersion(body.model_version),
        context=ContextName(body.context),
        revision=body.revision,
        source=published.source if published else None,
        sla=Sla(**dict(body.sla)),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/binding/{body.model}")


@router.get("/bindings/{model}")
async def read_bindings(model: Name, read: Reader) -> Response:
    """Which contexts each version of a model reads, under which SLA."""
    return read.answer(views.bindings_view(read.replica.state(f"context/binding/{model}")))


@router.get("/freshness")
async def read_freshness(read: Reader, model: Name) -> Response:
    """How old each context of a model is now, beside its limit."""
    store, now = read.runtime.part(Store), read.runtime.clock.now()
    await store.refresh()
    bindings = read.replica.state(f"context/binding/{model}")
    return read.answer([freshness(model, bound, store.watermarks, now) for _, bound in sorted(bindings.items())])
