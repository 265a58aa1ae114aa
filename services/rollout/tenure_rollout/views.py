"""What does a reader see of a deployment?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Meta

from tenure_rollout.deployment.state import DeploymentState, Rollout
from tenure_rollout.events import Arm, JudgementChanged, ReleaseCreated, RouteChanged, RouteObserved
from tenure_rollout.names import ReleaseId


@dataclass(frozen=True, slots=True)
class DeploymentView:
    deployment: str
    champion: ReleaseId | None
    active: Rollout | None
    route: RouteChanged | None
    releases: tuple[ReleaseCreated, ...]
    ended: dict[str, str]
    actuators: tuple[RouteObserved, ...]
    rollback_to: ReleaseId | None
    rollback_unready: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingView:
    """What a rollout waits for."""

    deployment: str
    rollout: str | None
    step: int | None
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class JudgementView:
    """A change of a verdict as it stands on the log."""

    event_id: str
    sequence: int
    recorded_at: datetime
    judgement: JudgementChanged


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
        actuators=tuple(seen for _, seen in sorted(state.observed.items())),
        rollback_to=state.previous,
        rollback_unready=state.unready,
    )


def judgement_view(meta: Meta, judgement: JudgementChanged) -> JudgementView:
    return JudgementView(meta.event_id, meta.sequence, meta.recorded_at, judgement)


def serving_view(deployment: str, state: DeploymentState, at: datetime, settled: bool) -> ServingView | None:
    """None where nothing served yet."""
    route = state.route
    if route is None:
        return None
    releases = tuple(state.releases[arm.release] for arm in route.arms)
    return ServingView(deployment, at, route.epoch, route.arms, route.salt, route.changed_at, releases, settled)
