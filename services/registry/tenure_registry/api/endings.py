"""Endings: notice, retirement, archive, clean-up, destruction."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response
from tenure_eventlog.topics import MONITOR_EVENTS, REGISTRY_EVENTS, ROLLOUT_EVENTS
from tenure_service import Body, Instant, Mutation, Name, Problem, Read, ReceiptBody, Text, not_found, reads

from tenure_registry.api.common import Admin, Asking, Digest256, Engineer, Producer, by, digest_of, fresh_rules
from tenure_registry.archive import manifest_of
from tenure_registry.callers import calls_to
from tenure_registry.destruction import archiving_of, demand_destroyable, keepers
from tenure_registry.model.commands import (
    ArchiveVersion,
    DeprecateVersion,
    LiftLegalHold,
    PlaceLegalHold,
    RecordDestruction,
    ReportCleanUp,
    RetireVersion,
)
from tenure_registry.names import Digest, ModelVersion, PrincipalId
from tenure_registry.serving import traffic_to
from tenure_registry.streams import model_stream

router = APIRouter()
MAX_PROOF = 65_536


class NewDeprecation(Body):
    sunset_at: Instant
    replacement: Name | None = None
    reason: Text


class NewRetirement(Body):
    """`force` is an admin's reason for ending it before its day, with traffic, or without its consumers' word."""

    reason: Text
    force: Text | None = None


class NewCleanUp(Body):
    task: Name
    note: Text = ""


class NewHold(Body):
    reason: Text


class NewDestruction(Body):
    """`proof` is the record that the artifact store gave."""

    destroyed: Digest256
    proof: Annotated[dict[str, object], Field(max_length=100)]


@router.post("/models/{model}/versions/{model_version}/deprecation", status_code=201, response_model=ReceiptBody)
async def deprecate(model: Name, model_version: Name, body: NewDeprecation, mutation: Engineer) -> Response:
    """Also moves the day; every consumer then gets notice anew."""
    return await mutation.execute(deprecating(model_version, body, mutation), model_stream(model))


def deprecating(model_version: str, body: NewDeprecation, asked: Asking) -> DeprecateVersion:
    return DeprecateVersion(
        model_version=ModelVersion(model_version),
        sunset_at=body.sunset_at,
        replacement=ModelVersion(body.replacement) if body.replacement else None,
        reason=body.reason,
        principal=by(asked),
        now=asked.now,
    )


@router.post("/models/{model}/versions/{model_version}/retirement", status_code=201, response_model=ReceiptBody)
async def retire(model: Name, model_version: Name, body: NewRetirement, mutation: Engineer) -> Response:
    await mutation.fresh(REGISTRY_EVENTS.name, ROLLOUT_EVENTS.name, MONITOR_EVENTS.name)
    traffic, routes = traffic_to(mutation.replica, model, model_version)
    callers, sightings = calls_to(mutation.replica, model, model_version)
    command = RetireVersion(
        model_version=ModelVersion(model_version),
        reason=body.reason,
        force=body.force,
        may_force=mutation.principal.may("admin"),
        traffic=traffic,
        callers=callers,
        based_on=(*routes, *sightings),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post("/models/{model}/versions/{model_version}/archive", status_code=201, response_model=ReceiptBody)
async def archive(model: Name, model_version: Name, mutation: Engineer) -> Response:
    """The manifest is made here, out of the log."""
    await mutation.fresh(REGISTRY_EVENTS.name)
    manifest = await manifest_of(mutation.replica, model_stream(model), ModelVersion(model_version))
    if manifest is None:
        raise not_found(f"version {model_version} of {model}")
    command = ArchiveVersion(
        model_version=ModelVersion(model_version),
        manifest=manifest.decode(),
        manifest_digest=digest_of(manifest),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post("/models/{model}/versions/{model_version}/clean-up", status_code=201, response_model=ReceiptBody)
async def report_clean_up(model: Name, model_version: Name, body: NewCleanUp, mutation: Producer) -> Response:
    command = ReportCleanUp(
        model_version=ModelVersion(model_version),
        task=body.task,
        note=body.note,
        rules=await fresh_rules(mutation, model),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.get("/models/{model}/versions/{model_version}/destruction")
async def ask_destruction(model: Name, model_version: Name, read: Annotated[Read, Depends(reads("admin"))]) -> Response:
    """For whoever keeps the artifact, before it is touched: may it go, by which event? The refusal where it may not."""
    await read.replica.catch_up([REGISTRY_EVENTS.name])
    at = await read.at(model_stream(model))
    name, by_whom, now = ModelVersion(model_version), PrincipalId(read.principal.id), read.runtime.clock.now()
    if name not in at.state.versions:
        raise not_found(f"version {model_version} of {model}")
    demand_destroyable(read.replica, model, name, by_whom, now)
    if others := list(keepers(read.replica, model, name, by_whom, now)):
        raise Problem(409, "artifact-shared", f"the same bytes are {'; '.join(others[:5])}", others=others[:100])
    digest = at.state.versions[name].digest
    return read.answer({"artifact_digest": digest, "authorised_by": await archiving_of(read.replica, model, name)})


@router.post("/models/{model}/versions/{model_version}/destruction", status_code=201, response_model=ReceiptBody)
async def record_destruction(model: Name, model_version: Name, body: NewDestruction, mutation: Admin) -> Response:
    proof = proof_of(body)
    command = RecordDestruction(
        model_version=ModelVersion(model_version),
        proof=proof.decode(),
        proof_digest=digest_of(proof),
        destroyed=Digest(body.destroyed),
        rules=await fresh_rules(mutation, model),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


def proof_of(body: NewDestruction) -> bytes:
    """As it stays on the record. Raises Problem 422."""
    try:
        return orjson.dumps(body.proof, option=orjson.OPT_SORT_KEYS)
    except TypeError as wrong:  # JSON lets a number be longer than anybody's integers
        raise Problem(422, "malformed-proof", f"proof: {wrong}") from None


@router.put("/models/{model}/legal-hold", status_code=201, response_model=ReceiptBody)
async def place_hold(model: Name, body: NewHold, mutation: Admin) -> Response:
    return await hold(model, PlaceLegalHold(reason=body.reason, principal=by(mutation), now=mutation.now), mutation)


@router.post("/models/{model}/legal-hold/lift", status_code=201, response_model=ReceiptBody)
async def lift_hold(model: Name, body: NewHold, mutation: Admin) -> Response:
    return await hold(model, LiftLegalHold(reason=body.reason, principal=by(mutation), now=mutation.now), mutation)


async def hold(model: str, command: PlaceLegalHold | LiftLegalHold, mutation: Mutation) -> Response:
    return await mutation.execute(command, model_stream(model))
