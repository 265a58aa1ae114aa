"""What can be asked of actuators, the gateways and routers that turn routes into traffic?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Body, Name, ReceiptBody, StreamRead, Text

from tenure_rollout.actuator.decider import RegisterActuator, RetireActuator
from tenure_rollout.api.common import DeploymentName, Operator, Percent, Reason, as_it_is, by, listing, stream_of
from tenure_rollout.deployment.commands import ObserveRoute
from tenure_rollout.events import Observed
from tenure_rollout.names import ActuatorKind, ActuatorName, Capability, Deployment, ReleaseId
from tenure_rollout.world import ACTUATOR

router = APIRouter()


class NewActuator(Body):
    """`finest_percent` is the least change of a share that it can make; an address only where it is called."""

    actuator: Name
    kind: ActuatorKind
    deployments: Annotated[tuple[DeploymentName, ...], Field(min_length=1, max_length=500)]
    capabilities: Annotated[tuple[Capability, ...], Field(min_length=1, max_length=4)]
    finest_percent: Percent = 0.0
    address: Annotated[str, Field(max_length=500)] | None = None


class ShareBody(Body):
    release: Name
    weight_percent: Percent


class Observation(Body):
    """What the actuator does now, under the route of that epoch."""

    epoch: Annotated[int, Field(ge=0, lt=2**63)]
    observed: Annotated[tuple[ShareBody, ...], Field(max_length=100)]
    tolerance_percent: Percent = 0.01
    detail: Text | None = None


@router.post("/actuators", status_code=201, response_model=ReceiptBody)
async def register_actuator(body: NewActuator, mutation: Operator) -> Response:
    command = RegisterActuator(
        actuator=ActuatorName(body.actuator),
        kind=body.kind,
        deployments=tuple(Deployment(one) for one in body.deployments),
        capabilities=body.capabilities,
        finest_percent=body.finest_percent,
        address=body.address,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{ACTUATOR}/{body.actuator}")


@router.post("/actuators/{actuator}/retire", status_code=201, response_model=ReceiptBody)
async def retire_actuator(actuator: Name, body: Reason, mutation: Operator) -> Response:
    command = RetireActuator(
        actuator=ActuatorName(actuator), reason=body.reason, principal=by(mutation), now=mutation.now
    )
    return await mutation.execute(command, f"{ACTUATOR}/{actuator}")


@router.post("/deployments/{deployment}/actuators/{actuator}/observed", status_code=201, response_model=ReceiptBody)
async def observe_route(deployment: DeploymentName, actuator: Name, body: Observation, mutation: Operator) -> Response:
    """Only what changes is an event: the actuator follows, or ceases to."""
    command = ObserveRoute(
        actuator=ActuatorName(actuator),
        epoch=body.epoch,
        observed=tuple(
            Observed(release=ReleaseId(one.release), weight_percent=one.weight_percent) for one in body.observed
        ),
        tolerance_percent=body.tolerance_percent,
        detail=body.detail,
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(deployment))


router.get("/actuators", name="list_actuators")(listing(ACTUATOR))

READS = (
    StreamRead(
        path="/actuators/{actuator}",
        stream=lambda params: f"{ACTUATOR}/{params['actuator']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One actuator: what it serves and what it can do",
    ),
)
