"""How does a deployment fold, with what only the log knows of its events?"""

from dataclasses import replace

from tenure_journal import Meta

from tenure_rollout.decider import evolve
from tenure_rollout.events import RolloutEvent, RolloutStarted, RouteChanged
from tenure_rollout.state import DeploymentState, Origin


def fold_deployment(before: DeploymentState, event: RolloutEvent, meta: Meta) -> DeploymentState:
    """`evolve`, then the event's own sequence: a voided event is skipped, but its place in the chain stays taken."""
    state = replace(evolve(before, event), sequence=meta.sequence)
    if isinstance(event, RouteChanged):
        return replace(state, route=replace(event, epoch=meta.sequence))
    if isinstance(event, RolloutStarted) and state.active:
        origin = Origin(meta.event_id, meta.correlation_id, meta.hops)
        return replace(state, active=replace(state.active, origin=origin))
    return state
