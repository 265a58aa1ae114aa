"""How do events of older schemas read as the newest?"""

from typing import Any

from tenure_codec.binding import Upcaster


def release_created_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """A release needed no other, and nothing named all of it."""
    return old | {"requires": [], "digest": ""}


def release_created_v2_to_v3(old: dict[str, Any]) -> dict[str, Any]:
    """How a release is judged was each rollout's to say."""
    return old | {"judge": None}


def rollout_started_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Every step set a weight and analysed."""
    none = dict.fromkeys(("max_seconds", "header", "wait"))
    steps = [
        none | {"kind": "analysis", "weight_percent": step["weight_percent"], "min_seconds": step["min_seconds"]}
        for step in old["steps"]
    ]
    return old | {"strategy": "canary", "steps": steps, "supersedes": None}


def rollout_started_v2_to_v3(old: dict[str, Any]) -> dict[str, Any]:
    """One metric was judged, a loss of which lower is better; whoever goes on with it plans as for one without past."""
    steps = [step | {"others": []} for step in old["steps"]]
    return old | {"judge": _configuration(**old["judge"]), "baseline": None, "steps": steps}


def _configuration(metric: str, margin: float, confidence: float, min_n: int) -> dict[str, Any]:
    """Of all losses that monitor kept, 1 was the worst; a margin that is wider than that left everything through."""
    widest = 1.0 if margin < 1 else 2 * margin
    one = {"name": metric, "kind": "mean", "direction": "lower", "margin": margin, "is_critical": True, "min_n": min_n}
    one |= {"weight": 1.0, "lower_bound": 0.0, "upper_bound": widest, "quantile": 0.0}
    one |= {"planned_mean": widest / 2, "planned_deviation": widest / 4}
    return {"revision": 0, "alpha": round(1 - confidence, 12), "metrics": [one]}


def judgement_changed_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Judge 0 compared two arms' means at one look; its contrast has weight 1 and the squared standard error."""
    declared = {name: old[name] for name in ("metric", "margin", "confidence", "min_n")}
    ours, theirs = old["candidate"], old["champion"]
    contrast = {
        "candidate_n": ours["n"],
        "candidate_total": ours["n"] * ours["mean"],
        "champion_n": theirs["n"],
        "champion_total": theirs["n"] * theirs["mean"],
        "weight": 1.0,
        "difference": old["difference"],
        "variance": sum(arm["variance"] / arm["n"] for arm in (ours, theirs) if arm["n"]),
    }
    judged = {"metric": old["metric"], "verdict": old["verdict"], "harm": old["difference"]}
    judged |= {"low": old["low"], "high": old["high"], "candidate_n": ours["n"], "champion_n": theirs["n"]}
    return {
        **{name: old[name] for name in ("rollout", "step", "verdict", "judged_at")},
        "judge_revision": "0",
        "configuration": _configuration(**declared),
        "statistics": [{"metric": old["metric"], "contrast": contrast, "candidate": None, "champion": None}],
        "metrics": [judged],
        "window": None,
    }


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
    "ReleaseCreated.v2": release_created_v2_to_v3,
    "RolloutStarted.v1": rollout_started_v1_to_v2,
    "RolloutStarted.v2": rollout_started_v2_to_v3,
    "JudgementChanged.v1": judgement_changed_v1_to_v2,
    "StepEntered.v1": step_entered_v1_to_v2,
    "RouteChanged.v1": route_changed_v1_to_v2,
    "ReleaseRolledBack.v1": unchanged,
}
