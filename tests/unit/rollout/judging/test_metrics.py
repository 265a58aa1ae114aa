"""Which declarations can be judged?"""

from dataclasses import replace

import pytest
from tenure_rollout.judging.metrics import (
    MOST_METRICS,
    SMALLEST_DEVIATION,
    DeclarationInvalid,
    JudgeConfiguration,
    Metric,
    demand_judgeable,
)
from tenure_rollout.judging.supermartingales import bets

from tests.unit.rollout.judging.declared import ERRORS, LATENCY, PAIRS, SCORE


def test_what_the_tests_declare_can_be_judged() -> None:
    demand_judgeable(JudgeConfiguration(revision=1, alpha=0.05, metrics=(ERRORS, SCORE, PAIRS, LATENCY)))


@pytest.mark.parametrize("alpha", [0.0, 0.5, -0.1, float("nan")])
def test_alpha_is_a_chance_of_error(alpha: float) -> None:
    with pytest.raises(DeclarationInvalid, match="alpha"):
        demand_judgeable(JudgeConfiguration(revision=1, alpha=alpha, metrics=(ERRORS,)))


@pytest.mark.parametrize("metrics", [(), (ERRORS, ERRORS), (ERRORS,) * (MOST_METRICS + 1)])
def test_a_judge_has_some_metrics_but_not_endless_ones_and_each_name_once(metrics: tuple[Metric, ...]) -> None:
    with pytest.raises(DeclarationInvalid, match="each name once"):
        demand_judgeable(JudgeConfiguration(revision=1, alpha=0.05, metrics=metrics))


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        (replace(SCORE, upper_bound=1.0), "bounds"),
        (replace(SCORE, upper_bound=float("inf")), "bounds"),
        (replace(ERRORS, upper_bound=2.0), "0 and 1"),
        (replace(ERRORS, margin=0.0), "margin"),
        (replace(ERRORS, margin=1.0), "margin"),
        (replace(ERRORS, margin=float("nan")), "margin"),
        (replace(ERRORS, min_n=0), "minimum n"),
        (replace(ERRORS, weight=0.0), "weight"),
        (replace(ERRORS, weight=float("inf")), "weight"),
        (replace(LATENCY, quantile=1.0), "quantile"),
        (replace(SCORE, planned_mean=0.5), "planned mean"),
        (replace(ERRORS, planned_deviation=0.0), "planned deviation"),
        (replace(ERRORS, planned_deviation=1e-9), "planned deviation"),
        (replace(ERRORS, planned_deviation=float("nan")), "planned deviation"),
    ],
    ids=lambda said: said if isinstance(said, str) else said.kind,
)
def test_what_can_not_be_judged_is_refused_with_the_reason(metric: Metric, says: str) -> None:
    with pytest.raises(DeclarationInvalid, match=f"metric {metric.name}: .*{says}"):
        demand_judgeable(JudgeConfiguration(revision=1, alpha=0.05, metrics=(metric,)))


@pytest.mark.parametrize("metric", [SCORE, PAIRS], ids=lambda metric: metric.kind)
@pytest.mark.parametrize("part", [1e-9, 1 - 1e-9])
def test_the_most_extreme_plan_and_margin_still_stake_less_than_everything(metric: Metric, part: float) -> None:
    span = metric.upper_bound - metric.lower_bound
    extreme = replace(metric, margin=part * span, planned_deviation=SMALLEST_DEVIATION * span)
    demand_judgeable(JudgeConfiguration(revision=1, alpha=0.05, metrics=(extreme,)))
    assert all(0 < bet.stake < 1 for bet in bets(extreme.margin / extreme.unit, extreme.unit_variance))


def test_metrics_share_alpha_for_aborting_by_weight() -> None:
    heavy = replace(SCORE, weight=3.0)
    shared = JudgeConfiguration(revision=1, alpha=0.04, metrics=(ERRORS, heavy))
    assert (shared.abort_alpha(ERRORS), shared.abort_alpha(heavy)) == (pytest.approx(0.01), pytest.approx(0.03))
