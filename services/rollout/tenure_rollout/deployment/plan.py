"""Can a plan of steps be followed to its end? What can't is refused before anything moves."""

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from itertools import pairwise

from tenure_rollout.deployment.rules import StepInvalid, StepsInvalid, WeightsInvalid
from tenure_rollout.events import HeaderRoute, Step, Wait
from tenure_rollout.names import StepKind

MOST_STEPS, MOST_OTHERS = 100, 10
_NEEDED: Mapping[StepKind, tuple[str, ...]] = {
    "setWeight": ("weight_percent",),
    "pause": (),
    "analysis": (),
    "mirror": ("weight_percent",),
    "setHeaderRoute": ("header",),
    "waitFor": ("wait",),
}
_ALLOWED: Mapping[StepKind, tuple[str, ...]] = {
    "setWeight": (),
    "pause": ("min_seconds", "max_seconds"),
    "analysis": ("weight_percent", "min_seconds", "max_seconds"),
    "mirror": (),
    "setHeaderRoute": (),
    "waitFor": ("max_seconds",),
}
_PARTS = ("weight_percent", "min_seconds", "max_seconds", "header", "wait")


def demand_plan(steps: Sequence[Step]) -> None:
    """Raises a rule by name for the first thing that is wrong, in the steps' order."""
    if not 0 < len(steps) <= MOST_STEPS:
        raise StepsInvalid(len(steps), MOST_STEPS)
    for number, step in enumerate(steps):
        if reason := wrong_with(step):
            raise StepInvalid(number, step.kind, reason)
    weights = shares_of(steps)
    if any(low > high for low, high in pairwise(weights)):
        raise WeightsInvalid(weights)


def shares_of(steps: Sequence[Step]) -> tuple[float, ...]:
    """What the candidate gets on the way; a mirrored share is none."""
    return tuple(s.weight_percent for s in steps if s.weight_percent is not None and s.kind != "mirror")


def wrong_with(step: Step) -> str | None:
    """Why the step could never end, or can't be followed; None where it can."""
    given = {name for name in _PARTS if getattr(step, name) is not None}
    if missing := set(_NEEDED[step.kind]) - given:
        return f"it lacks {', '.join(sorted(missing))}"
    if odd := given - set(_NEEDED[step.kind]) - set(_ALLOWED[step.kind]):
        return f"{', '.join(sorted(odd))} says nothing here"
    checks: tuple[Callable[[Step], str | None], ...] = (_times, _weight, _header, _waits, _others)
    return next((reason for check in checks if (reason := check(step))), None)


def _times(step: Step) -> str | None:
    if min(step.min_seconds or 0, step.max_seconds or 0) < 0:
        return "a time is below zero"
    if step.max_seconds is not None and step.max_seconds <= (step.min_seconds or 0):
        return f"it may last {step.max_seconds} s at most, which is over before it can be passed"
    return None


def _weight(step: Step) -> str | None:
    weight = step.weight_percent
    return "a share is between 0 and 100 percent" if weight is not None and not 0 <= weight <= 100 else None


def _header(step: Step) -> str | None:
    header: HeaderRoute | None = step.header
    return "the header needs a name and a value" if header and not (header.header and header.value) else None


def _others(step: Step) -> str | None:
    if step.others and step.kind != "mirror":
        return "others says nothing here"
    if len(step.others) > MOST_OTHERS:
        return f"it mirrors to {len(step.others)} others, but at most {MOST_OTHERS} may be"
    return "it names a release twice" if len(set(step.others)) < len(step.others) else None


def _waits(step: Step) -> str | None:
    return None if step.wait is None else _wait(step.wait)


def _wait(wait: Wait) -> str | None:
    match wait.kind:
        case "freshness":
            return None
        case "approvals":
            return None if wait.approvals > 0 else "it waits for no approval"
        case "window":
            return _window(wait)
        case "rollout":
            return None if wait.deployment and wait.release else "it names no deployment and release to wait for"


def _window(wait: Wait) -> str | None:
    try:
        opens, closes = time.fromisoformat(wait.opens or ""), time.fromisoformat(wait.closes or "")
    except ValueError:
        return "a time of day is written HH:MM, in UTC"
    return "a window that closes as it opens never comes" if opens == closes else None
