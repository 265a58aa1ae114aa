"""What must be so of a deployment's record, whatever happened to those who wrote it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.routing import desired, said
from tenure_rollout.deployment.state import DeploymentState
from tenure_rollout.deployment.steps import World as StepWorld
from tenure_rollout.deployment.steps import is_overdue, waits_for
from tenure_rollout.events import RolloutPromoted, RolloutStarted, RouteChanged, StepEntered

from tests.simulation.releasing.world import EDGE, STREAM, Releasing

PEOPLE = ("a person", "more approvals", "the judge, who says")


async def broken(world: Releasing) -> list[str]:
    """Every law that does not hold, in words."""
    found = list(world.surprises)
    replicas = [process.replica for process in world.processes if process.replica]
    if len({replica.digest()[1] for replica in replicas}) > 1:
        found.append("the processes don't agree on what is so")
    found += [f"process {p.number}: {p.reactor.alarm}" for p in world.processes if p.reactor and p.reactor.alarm]
    events = [event for _, event in await replicas[0].events(STREAM)]
    found += of_steps(events)
    found += of_order(events)
    found += of_routes(events)
    found += of_the_end(world, replicas[0].state(STREAM))
    return found


def of_steps(events: Sequence[Any]) -> list[str]:
    """Steps are entered one after the other, each once, and only of the rollout that is under way."""
    found, reached = list[str](), dict[str, int]()
    active = None
    for event in events:
        if isinstance(event, RolloutStarted):
            active = event.rollout
        if isinstance(event, StepEntered):
            wanted = reached.get(event.rollout, -1) + 1
            if (event.rollout, event.step) != (active, wanted):
                found.append(f"step {event.step} of {event.rollout} was entered in place of {wanted} of {active}")
            reached[event.rollout] = event.step
    return found


def of_order(events: Sequence[Any]) -> list[str]:
    """A route says what is decided when it is written, and the gateway follows before the rollout goes on."""
    found, state = list[str](), deployment_decider.initial
    for event in events:
        by_itself = isinstance(event, RolloutPromoted) and event.promoted_by is None
        later = isinstance(event, StepEntered) and event.step > 0
        if (later or by_itself) and not follows(state):
            found.append(f"{event} while the gateway did not follow: {state.route} {state.observed.get(EDGE)}")
        if isinstance(event, RouteChanged) and said(event) != desired(state):
            found.append(f"{event} though {desired(state)} was decided")
        if by_itself and not passed(state, event):
            found.append(f"{event} though its last step was not passed")
        state = deployment_decider.evolve(state, event)
    return found


def follows(state: DeploymentState) -> bool:
    seen = state.observed.get(EDGE)
    if desired(state) != said(state.route) or state.route is None:
        return False
    # The first release was rolled out before there was a gateway.
    return not state.served or (seen is not None and seen.in_step and seen.desired_epoch == state.route.epoch)


def passed(state: DeploymentState, event: RolloutPromoted) -> bool:
    return state.active is not None and waits_for(state.active, StepWorld(), event.promoted_at) is None


def of_routes(events: Sequence[Any]) -> list[str]:
    """Epochs rise, shares add up, and a whole tuple is in each arm."""
    found, epoch = list[str](), 0
    for event in events:
        if isinstance(event, RouteChanged):
            if event.epoch <= epoch:
                found.append(f"epoch {event.epoch} after {epoch}")
            if event.arms and abs(sum(arm.weight_percent for arm in event.arms) - 100) > 1e-9:
                found.append(f"the shares of epoch {event.epoch} don't add up")
            found += [
                f"{arm.release} with version {arm.model_version}"
                for arm in event.arms
                if arm.model_version != arm.release.removeprefix("r")
            ]
            epoch = event.epoch
    return found


def of_the_end(world: Releasing, state: DeploymentState) -> list[str]:
    """When all is calm the route says what was decided, the gateway does it, and a rollout waits for a person."""
    found = list[str]()
    if desired(state) != said(state.route):
        found.append("the route does not say what was decided")
    if state.route and world.edge.shares != {a.release: a.weight_percent for a in state.route.arms if a.weight_percent}:
        found.append(f"the gateway does {world.edge.shares}, the route says {state.route.arms}")
    rollout = state.active
    if rollout is None or rollout.paused:
        return found
    reason = waits_for(rollout, StepWorld(), world.now())
    if reason is None or not any(word in reason for word in PEOPLE):
        found.append(f"{rollout.rollout} is at step {rollout.step} and waits for {reason}")
    if rollout.verdict == "abort":
        found.append(f"{rollout.rollout} goes on though the judge says abort")
    if is_overdue(rollout, world.now()) and rollout.overdue_step != rollout.step:
        found.append(f"{rollout.rollout} has been at step {rollout.step} for too long, and did not pause")
    return found
