"""Where does what older events said stand in the newest?"""

from typing import Any

from tenure_codec.plans import record_plan
from tenure_rollout.events import JudgementChanged, RolloutStarted
from tenure_rollout.judging.metrics import JudgeConfiguration, demand_judgeable
from tenure_rollout.upcasters import judgement_changed_v1_to_v2, rollout_started_v2_to_v3

from tests.unit.rollout.story import CANARY, NOON, started

WELCH: dict[str, Any] = {
    "rollout": "canary",
    "step": 1,
    "verdict": "abort",
    "metric": "brier",
    "margin": 0.02,
    "confidence": 0.95,
    "min_n": 300,
    "candidate": {"n": 400, "mean": 0.25, "variance": 0.04},
    "champion": {"n": 1_600, "mean": 0.125, "variance": 0.16},
    "difference": 0.125,
    "low": 0.1,
    "high": 0.15,
    "judged_at": NOON,
}


def judge(**other: object) -> JudgeConfiguration:
    said = {"metric": "brier", "margin": 0.03, "confidence": 0.95, "min_n": 300} | other
    plan = record_plan(RolloutStarted, "dev.tenure.rollout")
    old = plan.to_avro(started) | {"judge": said}
    event: RolloutStarted = plan.from_avro(rollout_started_v2_to_v3(old))
    return event.judge


def test_one_metric_that_was_judged_becomes_the_one_metric_of_a_configuration() -> None:
    configuration = judge()
    [metric] = configuration.metrics
    assert (configuration.revision, configuration.alpha) == (0, 0.05)
    assert (metric.name, metric.margin, metric.min_n, metric.direction) == ("brier", 0.03, 300, "lower")
    assert (metric.lower_bound, metric.upper_bound, metric.is_critical) == (0.0, 1.0, True)


def test_a_rollout_of_before_can_be_judged_on_whatever_margin_it_had() -> None:
    for margin in (1e-9, 0.03, 1.0, 50.0):
        demand_judgeable(judge(margin=margin))


def test_a_judgement_at_one_look_keeps_its_figures() -> None:
    plan = record_plan(JudgementChanged, "dev.tenure.rollout")
    event: JudgementChanged = plan.from_avro(judgement_changed_v1_to_v2(dict(WELCH)))
    [metric], [said], [configured] = event.metrics, event.statistics, event.configuration.metrics
    assert (event.rollout, event.step, event.verdict, event.judged_at) == (CANARY, 1, "abort", NOON)
    assert (event.judge_revision, event.window, configured.margin) == ("0", None, 0.02)
    assert (metric.verdict, metric.harm, metric.low, metric.high) == ("abort", 0.125, 0.1, 0.15)
    assert (metric.candidate_n, metric.champion_n) == (400, 1_600)
    assert said.contrast is not None
    assert (said.contrast.candidate_total, said.contrast.champion_total) == (100.0, 200.0)
    assert (said.contrast.weight, said.contrast.difference, said.contrast.variance) == (1.0, 0.125, 0.0002)
