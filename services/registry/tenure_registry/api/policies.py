"""Policies: published as revisions, asked what they would block."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import TypeAdapter
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS, REGISTRY_EVENTS
from tenure_service import Asked, At, Body, Mutation, Name, PageQuery, ReceiptBody, StreamRead, mutates

from tenure_registry import views
from tenure_registry.api.common import Reader, by, digest_of_json
from tenure_registry.api.policy_body import PolicyBody, document_of_body
from tenure_registry.dry_run import blocked_by
from tenure_registry.governance import based_on, document_of
from tenure_registry.names import PolicyName
from tenure_registry.policy.commands import PublishPolicy
from tenure_registry.policy.inheritance import circle_of, lineage_of
from tenure_registry.streams import POLICY, policy_stream
from tenure_registry.templates import template, template_names

router = APIRouter()
Publisher = Annotated[Mutation, Depends(mutates("approver", "admin"))]


class NewPolicy(Body):
    policy: Name
    document: PolicyBody


@router.post("/policies", status_code=201, response_model=ReceiptBody)
async def publish_policy(body: NewPolicy, mutation: Publisher) -> Response:
    """The next revision; the same document again is the same revision."""
    await mutation.fresh(REGISTRY_EVENTS.name)
    command = publishing(body, mutation)
    return await mutation.execute(command, policy_stream(body.policy))


def publishing(body: NewPolicy, mutation: Mutation) -> PublishPolicy:
    view = mutation.replica
    document = document_of_body(body.document)
    ancestors, missing = lineage_of(document, lambda name: document_of(view, name))
    names = [document.extends, *(one.extends for one in ancestors)]
    leaned_on = [found for name in names if name and (found := view.stream(policy_stream(name)))]
    return PublishPolicy(
        policy=PolicyName(body.policy),
        document=document,
        digest=digest_of_json(body.document.model_dump(mode="json")),
        ancestors=tuple(ancestors),
        missing=missing,
        circle=tuple(circle_of(body.policy, document, lambda name: document_of(view, name))),
        based_on=tuple(based_on(stream) for stream in leaned_on),
        principal=by(mutation),
        now=mutation.now,
    )


@router.post("/policies/dry-run")
async def dry_run(body: NewPolicy, read: Reader) -> Response:
    """Which of today's production versions would this revision block? Nothing is published."""
    await read.replica.catch_up([REGISTRY_EVENTS.name, CONTEXT_EVENTS.name])
    document = document_of_body(body.document)
    now = read.runtime.clock.now()
    return read.answer({"blocked": blocked_by(read.replica, PolicyName(body.policy), document, now)})


@router.get("/policies")
async def list_policies(read: Reader, moment: Asked, page: Annotated[PageQuery, Depends()]) -> Response:
    return await read.listing(page, moment, POLICY, one_policy)


@router.get("/policies/schema")
async def policy_schema(read: Reader) -> Response:
    """The JSON Schema of a policy document."""
    return read.answer(schema())


def schema() -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(PolicyBody).json_schema()}


@router.get("/policies/templates")
async def list_templates(read: Reader) -> Response:
    return read.answer({"templates": {name: template(name) for name in template_names()}})


def one_policy(at: At) -> views.PolicyView | None:
    return views.policy_view(at.name, at.state)


READS = (
    StreamRead(
        path="/policies/{policy}",
        stream=lambda params: policy_stream(params["policy"]),
        view=one_policy,
        answers=views.PolicyView,
        summary="A policy's newest revision, as it was written",
    ),
)
