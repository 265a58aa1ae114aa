"""Obligations: what models owe after a subject's erasure."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS, REGISTRY_EVENTS
from tenure_journal import Replica
from tenure_service import Body, Mutation, Name, PageQuery, Problem, ReceiptBody, Text, mutates, not_found

from tenure_registry.api.common import Reader, by
from tenure_registry.model.find import OVER
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ADMIN, Discharge, ModelVersion
from tenure_registry.obligation.decider import DischargeObligation, Obligation, Obligations
from tenure_registry.streams import OBLIGATION, model_stream, obligation_stream

router = APIRouter()
Settler = Annotated[Mutation, Depends(mutates("approver", "admin"))]
Subject = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class NewDischarge(Body):
    """`replacement` where it was retrained; `note` where nothing is needed."""

    outcome: Discharge
    replacement: Name | None = None
    note: Text = ""


@router.get("/obligations")
async def list_obligations(
    read: Reader, page: Annotated[PageQuery, Depends()], model: Name | None = None, settled: bool = False
) -> Response:
    """What models owe, by model and obligation; those that are discharged only where `settled` is asked for."""
    found = sorted(obligations_of(read.replica, model, settled=settled), key=place)
    return read.page(page, found, key=place, view=lambda one: one._asdict())


@router.post("/models/{model}/obligations/{obligation}/discharge", status_code=201, response_model=ReceiptBody)
async def discharge_obligation(model: Name, obligation: Subject, body: NewDischarge, mutation: Settler) -> Response:
    if ADMIN not in mutation.principal.roles and mutation.principal.kind != "compliance":
        raise Problem(403, "approver-kind-missing", "an admin, or an approver of compliance, says that it is settled")
    await mutation.fresh(REGISTRY_EVENTS.name, CONTEXT_EVENTS.name)
    stream = mutation.replica.stream(model_stream(model))
    if stream is None:
        raise not_found(f"model {model}")
    known: Obligations = mutation.replica.state(obligation_stream(model))
    owed, state = known.get(obligation), mutation.replica.state(model_stream(model))
    command = DischargeObligation(
        obligation=obligation,
        outcome=body.outcome,
        replacement=ModelVersion(body.replacement) if body.replacement else None,
        note=body.note,
        unretired=unretired(state, owed),
        clean=is_clean(state.versions.get(body.replacement), owed),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, obligation_stream(model))


def obligations_of(replica: Replica, model: str | None, *, settled: bool) -> Iterator[Obligation]:
    wanted = None if model is None else obligation_stream(model)
    for name, stream in replica.streams(OBLIGATION).items():
        if wanted in (None, name) and not stream.parked:
            yield from (one for one in stream.state.values() if settled or one.discharged is None)


def place(one: Obligation) -> str:
    return f"{one.opened.model}/{one.opened.obligation}"


def unretired(model: Model, owed: Obligation | None) -> tuple[ModelVersion, ...]:
    """Of what is owed for, the versions that still can serve."""
    versions = owed.opened.versions if owed else ()
    return tuple(name for name in versions if model.versions[name].stage not in OVER)


def is_clean(replacement: Version | None, owed: Obligation | None) -> bool:
    """A version of the model that was trained, and on none of the snapshots in question."""
    if replacement is None or owed is None:
        return False
    used = {one.snapshot for one in replacement.registered.snapshots}
    return bool(used) and used.isdisjoint(owed.opened.snapshots)
