"""Is a step passed? If not, for what does it wait?

Pure, and for people: whatever keeps a rollout where it is has a reason in words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from tenure_rollout.deployment.state import Rollout
from tenure_rollout.events import Step, Wait
from tenure_rollout.names import Deployment, ReleaseId


@dataclass(frozen=True, slots=True)
class World:
    """What a rollout's steps look at outside of its own stream, as it is now."""

    stale: tuple[str, ...] = ()
    """Contexts of the release that are older than their SLA allows."""

    serving: Mapping[Deployment, ReleaseId | None] = field(default_factory=dict)
    """The champions of the deployments that a step waits for."""

    lagging: Collection[str] = ()
    """Actuators that don't do yet what the route says."""

    frozen: str | None = None
    """Why nothing may move now."""


def waits_for(rollout: Rollout, world: World, now: datetime) -> str | None:
    """Why the current step is not passed; None where it is. Before the first step nothing is waited for."""
    if world.frozen:
        return f"frozen: {world.frozen}"
    step = rollout.current
    if step is None:
        return None
    if world.lagging:
        return f"{', '.join(sorted(world.lagging))} to follow the route"
    match step.kind:
        case "pause":
            return _pause(rollout, step, now)
        case "analysis":
            return _analysis(rollout, step, now)
        case "waitFor":
            assert step.wait is not None, "checked when the rollout began"
            return _wait(rollout, step.wait, world, now)
        case "setWeight" | "mirror" | "setHeaderRoute":
            return None


def is_overdue(rollout: Rollout, now: datetime) -> bool:
    """Whether the step has lasted longer than it may."""
    step = rollout.current
    return step is not None and step.max_seconds is not None and rollout.lasted(now, step.max_seconds)


def _pause(rollout: Rollout, step: Step, now: datetime) -> str | None:
    if step.min_seconds is None:
        return None if rollout.approvals else "a person"
    return None if rollout.lasted(now, step.min_seconds) else f"{step.min_seconds} s to pass"


def _analysis(rollout: Rollout, step: Step, now: datetime) -> str | None:
    """A first release has nobody to be judged by."""
    if not rollout.lasted(now, step.min_seconds or 0):
        return f"{step.min_seconds} s to pass"
    if rollout.champion is None or rollout.verdict == "continue":
        return None
    return f"the judge, who says {_said(rollout)}"


def _said(rollout: Rollout) -> str:
    """The verdict with the metrics whose it is."""
    if rollout.judgement is None:
        return "nothing yet"
    names = [each.metric for each in rollout.judgement.metrics if each.verdict == rollout.verdict]
    return f"{rollout.verdict} of {', '.join(names)}"


def _wait(rollout: Rollout, wait: Wait, world: World, now: datetime) -> str | None:
    match wait.kind:
        case "freshness":
            return f"fresh contexts: {', '.join(world.stale)}" if world.stale else None
        case "approvals":
            missing = wait.approvals - len(_approvers(rollout, wait.approver_kinds))
            return f"{missing} more approvals" if missing > 0 else None
        case "window":
            opens, closes = wait.opens or "", wait.closes or ""
            return None if is_open(opens, closes, now) else f"{opens} to {closes} UTC"
        case "rollout":
            assert wait.deployment is not None, "checked when the rollout began"
            served = world.serving.get(wait.deployment) == wait.release
            return None if served else f"{wait.release} to serve {wait.deployment}"


def _approvers(rollout: Rollout, kinds: tuple[str, ...]) -> set[str]:
    return {one.approved_by for one in rollout.approvals if not kinds or one.approver_kind in kinds}


def is_open(opens: str, closes: str, now: datetime) -> bool:
    """Whether the time of day lies in the window, which may go over midnight."""
    start, end, at = time.fromisoformat(opens), time.fromisoformat(closes), now.time().replace(tzinfo=None)
    return start <= at < end if start < end else at >= start or at < end
