"""What is answered to a model that reads a context?"""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_journal import Replica
from tenure_service import Body, Name, Problem, not_found

from tenure_context_sync.api.common import Positive, Reader, revision_of
from tenure_context_sync.binding.state import Bindings
from tenure_context_sync.context.catalogue import Catalogue
from tenure_context_sync.context.state import Revision
from tenure_context_sync.erasure.opening import may_open
from tenure_context_sync.events import Sla
from tenure_context_sync.freshness.liveness import Liveness
from tenure_context_sync.store.reads import IndexMissing, Store
from tenure_context_sync.view.answers import ages, answer, limits_of, not_fresh, on_stale_of

router = APIRouter()
MOST_KEYS = 5_000


class Keys(Body):
    """`on_stale`: by default what the binding of the `model` says. `purpose`: what sealed values are opened for."""

    keys: Annotated[list[dict[str, str | int | float | bool | None]], Limit(max_length=MOST_KEYS)]
    model: Name | None = None
    model_version: Name | None = None
    on_stale: Literal["fail", "default", "flag"] | None = None
    purpose: Name | None = None


@router.post("/contexts/{context}/revisions/{revision}/read")
async def read_rows(context: Name, revision: Positive, body: Keys, read: Reader) -> Response:
    """The values of many keys, each with its age and whether that is fresh enough for the model that asks."""
    known = revision_of(read.replica.state(f"context/context/{context}"), revision)
    demand_readable(known)
    view = read.runtime.part(Catalogue).view(known.published)
    wanted = set(known.published.entity_key)
    if any(key.keys() != wanted for key in body.keys):
        raise Problem(422, "key-mismatch", f"a key of {context} has exactly {', '.join(sorted(wanted))}")
    sla = strictest(read.replica, body, context) if body.model else None
    on_stale, limits = on_stale_of(body.on_stale, sla), limits_of(sla)
    store = read.runtime.part(Store)
    now = read.runtime.clock.now()
    measured = ages(view, read.runtime.part(Liveness).fresh_until, now)
    try:
        found = await store.read(view, body.keys, now, may_open=may_open(read.principal, body.purpose))
    except IndexMissing as missing:
        raise Problem(503, "not-backfilled", f"{missing} of {context} is being made; try again") from None
    rows = [answer(view, key, one, measured, limits, on_stale) for key, one in zip(body.keys, found, strict=True)]
    if on_stale == "fail" and (groups := not_fresh(rows)):
        detail = f"{', '.join(groups)} of {context} can't be answered fresh; `on_stale` says what to do then"
        raise Problem(409, "context-not-fresh", detail, groups=groups)
    return read.answer({"on_stale": on_stale, "rows": rows})


def demand_readable(revision: Revision) -> None:
    """Raises Problem 410 where it is gone, 409 where it is not read yet, or never."""
    said, standing = revision.published, revision.standing
    which = f"revision {said.revision} of {said.context}"
    match standing:
        case "readable":
            return
        case "dropped":
            raise Problem(410, "revision-is-gone", f"{which} was dropped, since nothing referred to it any more")
        case "backfilling":
            raise Problem(409, "not-backfilled", f"{which} is being backfilled; try again")
        case "waiting":
            raise Problem(409, "not-approved", f"{which} waits for an approval")
        case "refused":
            raise Problem(409, "not-approved", f"{which} was refused")


def strictest(replica: Replica, body: Keys, context: str) -> Sla:
    """By which SLA the model reads the context; the strictest of its versions' where none is named."""
    bindings: Bindings = replica.state(f"context/binding/{body.model}")
    wanted = body.model_version
    slas = [bound.sla for (v, c), bound in bindings.items() if c == context and wanted in (None, v)]
    if not slas:
        raise not_found(f"binding of {body.model} to {context}")
    return min(slas, key=lambda sla: sla.max_age_seconds)
