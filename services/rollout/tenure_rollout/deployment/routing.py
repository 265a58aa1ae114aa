"""What should the route say, by the releases and the rollout as they are?"""

from __future__ import annotations

from typing import NamedTuple

from tenure_rollout.deployment.state import DeploymentState, Rollout
from tenure_rollout.events import Arm, HeaderArm, Mirror, RouteChanged
from tenure_rollout.names import Deployment, ReleaseId


class Desired(NamedTuple):
    arms: tuple[Arm, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    headers: tuple[HeaderArm, ...] = ()


def desired(state: DeploymentState) -> Desired:
    """The candidate's share first, so that a key once in the canary stays in it while the share grows."""
    rollout = state.active
    if rollout is None:
        return Desired((arm(state, state.champion, 100.0),) if state.champion else ())
    mirrors, headers = _mirrors(rollout), _headers(rollout)
    arms = _arms(state, rollout, named=bool(mirrors or headers))
    there = {one.release for one in arms}
    unseen = tuple(arm(state, one.release, 0.0) for one in mirrors if one.release not in there)
    return Desired((*unseen, *arms), mirrors, headers)


def salt(state: DeploymentState, deployment: Deployment) -> str:
    """A rollout's own, so that not always the same keys are the first; it stays after its end, lest keys move."""
    if state.active:
        return state.active.rollout
    return state.route.salt if state.route else deployment


def said(route: RouteChanged | None) -> Desired:
    return Desired(route.arms, route.mirrors, route.headers) if route else Desired()


def _mirrors(rollout: Rollout) -> tuple[Mirror, ...]:
    share = rollout.mirror_percent
    shadows = (rollout.release, *rollout.mirrored_too) if share else ()
    return tuple(Mirror(release=release, percent=share) for release in dict.fromkeys(shadows))


def _headers(rollout: Rollout) -> tuple[HeaderArm, ...]:
    wanted = rollout.header
    return (HeaderArm(header=wanted.header, value=wanted.value, release=rollout.release),) if wanted else ()


def _arms(state: DeploymentState, rollout: Rollout, *, named: bool) -> tuple[Arm, ...]:
    """A candidate without a share is there only where a header or a mirror names it; a first release has nobody beside
    it, so that any share is all of it. A baseline is at the other end of the circle, so that it keeps its keys too."""
    share = rollout.weight_percent
    if rollout.champion is None and share:
        share = 100.0
    candidate = (arm(state, rollout.release, share),) if share or named else ()
    if rollout.champion is None or share == 100:
        return candidate
    if rollout.baseline is None or not share:
        return (*candidate, arm(state, rollout.champion, 100.0 - share))
    left = 100.0 - 2 * share
    champion = (arm(state, rollout.champion, left),) if left else ()
    return (*candidate, *champion, arm(state, rollout.baseline, share))


def arm(state: DeploymentState, release: ReleaseId, weight_percent: float) -> Arm:
    created = state.releases[release]
    return Arm(
        release=release,
        model_version=created.model_version,
        weight_percent=weight_percent,
        artifact_digest=created.artifact_digest,
        contexts=created.contexts,
        prompt=created.prompt,
        flags=created.flags,
    )
