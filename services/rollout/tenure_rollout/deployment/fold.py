"""How does a deployment fold, with what only the log knows of its events?"""

from dataclasses import replace

from tenure_journal import Meta

from tenure_rollout.deployment.decider import evolve
from tenure_rollout.deployment.state import DeploymentState, Origin
from tenure_rollout.events import (
    DeploymentEvent,
    ReleaseCreated,
    ReleaseRolledBack,
    RollbackReadinessLost,
    RollbackReadinessRestored,
    RolloutStarted,
    RouteChanged,
    RouteObserved,
)


def fold_deployment(before: DeploymentState, event: DeploymentEvent, meta: Meta) -> DeploymentState:
    """`evolve`, then the event's own sequence: a voided event is skipped, but its place in the chain stays taken.

    Raises LookupError where the event is about a release or a rollout that is not there: in the past, not yet.
    """
    demand_there(before, event)
    state = replace(evolve(before, event), sequence=meta.sequence)
    if isinstance(event, RouteChanged):
        return replace(state, route=replace(event, epoch=meta.sequence))
    if isinstance(event, RolloutStarted) and state.active:
        origin = Origin(meta.event_id, meta.correlation_id, meta.hops)
        return replace(state, active=replace(state.active, origin=origin))
    return state


def demand_there(state: DeploymentState, event: DeploymentEvent) -> None:
    match event:
        case ReleaseCreated():
            there = True
        case RolloutStarted():
            there = event.release in state.releases
        case ReleaseRolledBack():
            there = event.from_release == state.champion
        case RouteChanged():
            there = all(arm.release in state.releases for arm in event.arms)
        case RouteObserved():
            there = state.route is not None
        case RollbackReadinessLost() | RollbackReadinessRestored():
            there = event.release in state.releases
        case _:
            there = state.active is not None and state.active.rollout == event.rollout
    if not there:
        raise LookupError(f"{type(event).__name__} is about something that is not there")
