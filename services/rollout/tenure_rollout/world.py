"""What does a rollout see of the world outside of its own stream?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tenure_journal import Replica, Stream

from tenure_rollout.deployment.routing import desired, said
from tenure_rollout.deployment.state import DeploymentState
from tenure_rollout.deployment.steps import World
from tenure_rollout.events import ActuatorRegistered, FreezeDeclared
from tenure_rollout.foreign import BindingFacts, ContextFacts, ModelFacts
from tenure_rollout.freeze.decider import holding
from tenure_rollout.names import Deployment, ReleaseId

KIND, ACTUATOR, FREEZE = "rollout/deployment", "rollout/actuator", "rollout/freeze"
MODELS, BINDINGS, CONTEXTS = "registry/model/", "context/binding/", "context/context/"
MONITORS = "monitor/monitor/"
GONE = ("retired", "archived", "destroyed")


def deployment_of(stream: str) -> str:
    return stream.removeprefix(f"{KIND}/")


def model_of(stream: str) -> str:
    """`rollout/deployment/delay-predictor@production` deploys `delay-predictor`."""
    return deployment_of(stream).partition("@")[0]


def world_of(view: Replica, stream: Stream, now: datetime) -> World:
    """As far as the active rollout's current step may wait for it."""
    state: DeploymentState = stream.state
    deployment = deployment_of(stream.name)
    freeze = holding(freezes(view), deployment, now)
    return World(
        stale=stale(view, state, state.active.release) if state.active else (),
        serving=_serving(view, state),
        lagging=lagging(view, stream),
        frozen=f"{freeze.freeze}, {freeze.reason}" if freeze else None,
    )


def freezes(view: Replica) -> list[FreezeDeclared]:
    return [stream.state for stream in view.streams(FREEZE).values() if stream.state and not stream.parked]


def actuators(view: Replica, deployment: str) -> list[ActuatorRegistered]:
    """Those of the deployment, by name."""
    streams = [stream.state for stream in view.streams(ACTUATOR).values() if stream.state and not stream.parked]
    return sorted((one for one in streams if deployment in one.deployments), key=lambda one: one.actuator)


def stale(view: Replica, state: DeploymentState, release: ReleaseId) -> tuple[str, ...]:
    """The release's contexts that are older than their SLA allows for its version."""
    created = state.releases[release]
    facts: BindingFacts = view.state(f"{BINDINGS}{created.model}")
    mine = {context.context for context in created.contexts}
    return tuple(sorted({name for name in facts.stale_for(created.model_version) if name in mine}))


def lagging(view: Replica, stream: Stream) -> tuple[str, ...]:
    """Who does not do yet what was decided: the route itself first, then each actuator."""
    state: DeploymentState = stream.state
    if desired(state) != said(state.route):
        return ("the route",)
    if state.route is None:
        return ()
    seen = {name: one for name, one in state.observed.items() if one.desired_epoch == state.route.epoch and one.in_step}
    return tuple(one.actuator for one in actuators(view, deployment_of(stream.name)) if one.actuator not in seen)


def unready(view: Replica, state: DeploymentState, release: ReleaseId) -> tuple[str, ...]:
    """Why the release could not serve now: its version is gone or nowhere to be loaded, or a context is not kept."""
    created = state.releases[release]
    versions: ModelFacts = view.state(f"{MODELS}{created.model}")
    facts = versions.get(created.model_version)
    gone = [f"version {created.model_version} is {facts.stage}"] if facts and facts.stage in GONE else []
    if facts and facts.is_lost:
        places = ", ".join(sorted(facts.locators))
        gone.append(f"the artifact of version {created.model_version} is in none of its places: {places}")
    return (*gone, *_dropped(view, ((context.context, context.revision) for context in created.contexts)))


def _dropped(view: Replica, revisions: Iterable[tuple[str, int]]) -> list[str]:
    found = []
    for context, revision in revisions:
        facts: ContextFacts = view.state(f"{CONTEXTS}{context}")
        if revision in facts.dropped:
            found.append(f"context {context} revision {revision} is dropped")
    return found


def _serving(view: Replica, state: DeploymentState) -> dict[Deployment, ReleaseId | None]:
    step = state.active.current if state.active else None
    if step is None or step.wait is None or step.wait.deployment is None:
        return {}
    other: DeploymentState = view.state(f"{KIND}/{step.wait.deployment}")
    return {step.wait.deployment: other.champion}
