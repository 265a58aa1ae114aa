"""How do events of older schemas read as the newest?"""

from typing import Any

from tenure_codec.binding import Upcaster


def release_created_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """A release needed no other, and nothing named all of it."""
    return old | {"requires": [], "digest": ""}


def rollout_started_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Every step set a weight and analysed."""
    none = dict.fromkeys(("max_seconds", "header", "wait"))
    steps = [
        none | {"kind": "analysis", "weight_percent": step["weight_percent"], "min_seconds": step["min_seconds"]}
        for step in old["steps"]
    ]
    return old | {"strategy": "canary", "steps": steps, "supersedes": None}


def step_entered_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    return old | {"kind": "analysis"}


def route_changed_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """A route named releases only; who wanted the tuple looked it up."""
    unsaid: dict[str, Any] = {"artifact_digest": "", "contexts": [], "prompt": None, "flags": {}}
    return old | {"arms": [arm | unsaid for arm in old["arms"]], "mirrors": [], "headers": []}


def unchanged(old: dict[str, Any]) -> dict[str, Any]:
    """What could not be null now can."""
    return old


UPCASTERS: dict[str, Upcaster] = {
    "ReleaseCreated.v1": release_created_v1_to_v2,
    "RolloutStarted.v1": rollout_started_v1_to_v2,
    "StepEntered.v1": step_entered_v1_to_v2,
    "RouteChanged.v1": route_changed_v1_to_v2,
    "ReleaseRolledBack.v1": unchanged,
}
