"""Does what serves follow what was decided, and could a rollback be done now? The rules that concern it."""

from __future__ import annotations

from tenure_rollout.deployment.commands import CheckRollback, ObserveRoute
from tenure_rollout.deployment.state import DeploymentState
from tenure_rollout.events import Observed, RollbackReadinessLost, RollbackReadinessRestored, RouteObserved


def observe(state: DeploymentState, command: ObserveRoute) -> RouteObserved | None:
    """An event only where an actuator begins or ceases to be in step, or follows a newer route."""
    route = state.route
    if route is None:
        return None
    desired = tuple(Observed(release=arm.release, weight_percent=arm.weight_percent) for arm in route.arms)
    in_step = command.epoch >= route.epoch and is_close(desired, command.observed, command.tolerance_percent)
    known = state.observed.get(command.actuator)
    if known and (known.desired_epoch, known.in_step) == (route.epoch, in_step):
        return None
    return RouteObserved(
        actuator=command.actuator,
        desired_epoch=route.epoch,
        desired=desired,
        observed=command.observed,
        in_step=in_step,
        detail=command.detail,
        observed_at=command.now,
    )


def is_close(desired: tuple[Observed, ...], observed: tuple[Observed, ...], tolerance_percent: float) -> bool:
    """Whether each release's share is the desired one, as finely as the actuator can set it."""
    wanted = {one.release: one.weight_percent for one in desired}
    found = {one.release: one.weight_percent for one in observed}
    return all(abs(wanted.get(r, 0.0) - found.get(r, 0.0)) <= tolerance_percent for r in wanted.keys() | found.keys())


def check_rollback(
    state: DeploymentState, command: CheckRollback
) -> RollbackReadinessLost | RollbackReadinessRestored | None:
    """An event only where that changes."""
    if command.release != state.previous or command.reasons == state.unready:
        return None
    if command.reasons:
        return RollbackReadinessLost(release=command.release, reasons=command.reasons, lost_at=command.now)
    return RollbackReadinessRestored(release=command.release, restored_at=command.now)
