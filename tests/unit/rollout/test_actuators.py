"""Which gateways turn routes into traffic?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.actuator.decider import (
    ActuatorIsFixed,
    ActuatorUnknown,
    RegisterActuator,
    RetireActuator,
    actuator_decider,
)
from tenure_rollout.events import ActuatorRegistered, ActuatorRetired
from tenure_rollout.names import ActuatorName, Deployment

from tests.unit.rollout.story import NOON, OPERATOR

GATEWAY = ActuatorName("gateway")
register = RegisterActuator(
    actuator=GATEWAY,
    kind="haproxy",
    deployments=(Deployment("delays@production"),),
    capabilities=("weights",),
    finest_percent=0.4,
    address="/run/haproxy.sock",
    principal=OPERATOR,
    now=NOON,
)
registered = ActuatorRegistered(
    actuator=GATEWAY,
    kind="haproxy",
    deployments=(Deployment("delays@production"),),
    capabilities=("weights",),
    finest_percent=0.4,
    address="/run/haproxy.sock",
    registered_by=OPERATOR,
    registered_at=NOON,
)
retire = RetireActuator(actuator=GATEWAY, reason="moved", principal=OPERATOR, now=NOON)
retired = ActuatorRetired(actuator=GATEWAY, reason="moved", retired_by=OPERATOR, retired_at=NOON)


def test_an_actuator_is_registered_once() -> None:
    given(actuator_decider).when(register).then(registered)
    given(actuator_decider, registered).when(register).then_nothing()


def test_what_it_can_do_stays() -> None:
    given(actuator_decider, registered).when(replace(register, capabilities=("weights", "mirror"))).then_rejected(
        ActuatorIsFixed, actuator=GATEWAY
    )


def test_a_retired_one_may_be_registered_anew_and_otherwise() -> None:
    given(actuator_decider, registered).when(retire).then(retired)
    given(actuator_decider, registered, retired).when(replace(register, capabilities=("mirror",))).then(
        replace(registered, capabilities=("mirror",))
    )


def test_what_is_not_registered_can_not_be_retired() -> None:
    given(actuator_decider).when(retire).then_rejected(ActuatorUnknown, actuator=GATEWAY)
