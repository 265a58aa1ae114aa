"""What does a reader see of a deployment?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.events import Arm, ReleaseCreated, RouteChanged
from tenure_rollout.names import ReleaseId
from tenure_rollout.state import DeploymentState, Rollout


@dataclass(frozen=True, slots=True)
class DeploymentView:
    deployment: str
    champion: ReleaseId | None
    active: Rollout | None
    route: RouteChanged | None
    releases: tuple[ReleaseCreated, ...]
    ended: dict[str, str]


@dataclass(frozen=True, slots=True)
class ServingView:
    """What served at an instant, and who may still change the answer: nobody, once it is settled."""

    deployment: str
    effective_at: datetime
    epoch: int
    arms: tuple[Arm, ...]
    salt: str
    changed_at: datetime
    releases: tuple[ReleaseCreated, ...]
    settled: bool


def deployment_view(deployment: str, state: DeploymentState) -> DeploymentView:
    releases = sorted(state.releases.values(), key=lambda release: release.created_at)
    return DeploymentView(
        deployment=deployment,
        champion=state.champion,
        active=state.active,
        route=state.route,
        releases=tuple(releases),
        ended={str(rollout): how for rollout, how in state.ended.items()},
    )


def serving_view(deployment: str, state: DeploymentState, at: datetime, settled: bool) -> ServingView | None:
    """None where nothing served yet."""
    route = state.route
    if route is None:
        return None
    releases = tuple(state.releases[arm.release] for arm in route.arms)
    return ServingView(deployment, at, route.epoch, route.arms, route.salt, route.changed_at, releases, settled)
