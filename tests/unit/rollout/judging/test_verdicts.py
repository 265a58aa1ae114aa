"""What follows from the statistics, for each metric and for the rollout?"""

from dataclasses import replace
from io import BytesIO
from itertools import permutations
from typing import Any, get_args

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_codec.catalogue import named_once
from tenure_codec.plans import record_plan
from tenure_rollout.judging.metrics import Metric
from tenure_rollout.judging.sequences import Interval, minus, quantile_interval
from tenure_rollout.judging.statistics import NOTHING, Contrast, Moments
from tenure_rollout.judging.verdicts import (
    FIRST_WINS,
    Evidence,
    EvidenceInvalid,
    JudgedVerdict,
    Judgement,
    RevisionUnknown,
    canonical,
    combined,
    judgement_of,
    verdict_of,
)

from tests.unit.rollout.judging.declared import (
    ERRORS,
    LATENCY,
    PAIRS,
    SCORE,
    added,
    arms,
    counted,
    evenly,
    evidence,
    of_contrast,
    of_histograms,
)

ALPHA = 0.05
VERDICTS = get_args(JudgedVerdict)


def of_errors(candidate: int, champion: int, n: int = 20_000) -> Contrast:
    return added(ERRORS, (counted(n, candidate), counted(n, champion)))


@pytest.mark.parametrize(
    ("candidate", "verdict"), [(1_000, "continue"), (1_400, "inconclusive"), (2_000, "abort"), (0, "continue")]
)
def test_the_verdict_follows_the_interval_of_harm(candidate: int, verdict: str) -> None:
    said = judgement_of(ERRORS, of_contrast(ERRORS, of_errors(candidate, 1_000)), ALPHA, ALPHA)
    assert said.verdict == verdict
    assert said.harm == pytest.approx((candidate - 1_000) / 20_000)
    assert said.low < said.harm < said.high


def test_harm_to_what_is_not_critical_pauses() -> None:
    lenient = replace(ERRORS, is_critical=False)
    assert judgement_of(lenient, of_contrast(lenient, of_errors(2_000, 1_000)), ALPHA, ALPHA).verdict == "pause"


@pytest.mark.parametrize("sizes", [(99, 20_000), (20_000, 99)])
def test_either_arm_below_the_minimum_n_is_insufficient_whatever_the_harm(sizes: tuple[int, int]) -> None:
    contrast = added(ERRORS, (counted(sizes[0], sizes[0]), counted(sizes[1], 0)))
    assert judgement_of(ERRORS, of_contrast(ERRORS, contrast), ALPHA, ALPHA).verdict == "insufficient"


@pytest.mark.parametrize(("mean", "verdict"), [(4.0, "continue"), (3.4, "pause"), (3.8, "inconclusive")])
def test_where_higher_is_better_a_lower_mean_is_the_harm_in_the_metrics_own_unit(mean: float, verdict: str) -> None:
    def stars(average: float) -> Moments:
        return Moments(n=5_000, total=5_000 * average, squares=5_000 * (average**2 + 0.8))

    said = judgement_of(SCORE, of_contrast(SCORE, added(SCORE, (stars(mean), stars(4.0)))), ALPHA, ALPHA)
    assert said.verdict == verdict
    assert said.harm == pytest.approx(4.0 - mean, abs=1e-9)
    assert said.low < said.harm < said.high


@pytest.mark.parametrize(("slowest", "verdict"), [(300.0, "continue"), (500.0, "abort"), (355.0, "inconclusive")])
def test_a_quantiles_harm_is_a_difference_of_edges(slowest: float, verdict: str) -> None:
    said = judgement_of(LATENCY, of_histograms(LATENCY, evenly(20_000, slowest), evenly(20_000, 300.0)), ALPHA, ALPHA)
    assert said.verdict == verdict
    assert said.harm == pytest.approx(0.9 * (slowest - 300.0), abs=10.0)


def test_a_quantiles_bounds_take_half_of_their_alpha_from_each_arm() -> None:
    arms_said = (evenly(1_150, 500.0), evenly(1_150, 400.0))  # where half of an alpha makes an edge of difference
    said = judgement_of(LATENCY, of_histograms(LATENCY, *arms_said), 0.4, 0.001)
    bold, careful = (
        minus(*(quantile_interval(arm, 0.9, alpha / 2, LATENCY.min_n, Interval(0.0, 10_000.0)) for arm in arms_said))
        for alpha in (0.4, 0.001)
    )
    assert (said.low, said.high) == (careful.low, bold.high)
    assert careful.low < bold.low < bold.high < careful.high


def test_a_throughputs_low_quantile_is_harmed_by_being_lower() -> None:
    higher = replace(LATENCY, direction="higher")
    said = judgement_of(higher, of_histograms(higher, evenly(20_000, 300.0), evenly(20_000, 500.0)), ALPHA, ALPHA)
    assert (said.verdict, said.harm) == ("abort", pytest.approx(180.0))


@pytest.mark.parametrize("metric", [ERRORS, LATENCY, PAIRS], ids=lambda metric: metric.kind)
def test_statistics_of_another_kind_are_refused(metric: Metric) -> None:
    nothing = of_contrast(metric, NOTHING)
    wrong = nothing if metric.kind == "quantile" else replace(nothing, contrast=None)
    with pytest.raises(EvidenceInvalid, match=metric.name):
        judgement_of(metric, wrong, ALPHA, ALPHA)


def test_continuing_has_the_whole_alpha_and_aborting_its_share() -> None:
    contrast = of_contrast(ERRORS, of_errors(1_300, 1_000))
    other = replace(ERRORS, name="other", weight=3.0)
    alone = verdict_of(evidence(ALPHA, (ERRORS, contrast))).metrics[0]
    shared = verdict_of(evidence(ALPHA, (ERRORS, contrast), (other, replace(contrast, metric="other")))).metrics[0]
    quarter = judgement_of(ERRORS, contrast, ALPHA, ALPHA / 4)
    assert shared.high == alone.high
    assert shared.low == quarter.low < alone.low


def test_the_gravest_verdict_wins_in_any_order() -> None:
    for verdicts in permutations(VERDICTS):
        assert combined(verdicts) == "abort"
        assert combined(verdicts[2:]) == min(verdicts[2:], key=FIRST_WINS.index)
    assert combined(["continue", "inconclusive", "insufficient", "pause"]) == "pause"


def test_all_metrics_must_continue_for_the_rollout_to() -> None:
    assert FIRST_WINS == ("abort", "pause", "insufficient", "inconclusive", "continue")
    assert set(FIRST_WINS) == set(VERDICTS)
    good, few = of_contrast(ERRORS, of_errors(1_000, 1_000)), of_contrast(PAIRS, NOTHING)
    assert verdict_of(evidence(ALPHA, (ERRORS, good))).verdict == "continue"
    assert verdict_of(evidence(ALPHA, (ERRORS, good), (PAIRS, few))).verdict == "insufficient"


def test_evidence_and_judgement_go_into_avro_as_they_are_and_come_back_the_same() -> None:
    errors = of_contrast(ERRORS, of_errors(1_300, 1_000))
    latencies = of_histograms(LATENCY, evenly(20_000, 355.0), evenly(20_000, 300.0))
    said = evidence(ALPHA, (ERRORS, errors), (LATENCY, latencies))
    back = through_avro(said)
    assert back == said
    assert canonical(verdict_of(back)) == canonical(verdict_of(said))
    assert through_avro(verdict_of(said)) == verdict_of(said)


def through_avro(value: Evidence | Judgement) -> Any:
    plan = record_plan(type(value), "test")
    schema = fastavro.parse_schema(named_once(plan.avro, set()))
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema, plan.to_avro(value), strict=True)
    buffer.seek(0)
    assert plan.from_avro
    return plan.from_avro(fastavro.schemaless_reader(buffer, schema, None))


def test_another_revisions_evidence_is_not_judged_by_these_formulas() -> None:
    said = evidence(ALPHA, (ERRORS, of_contrast(ERRORS, of_errors(1_000, 1_000))))
    with pytest.raises(RevisionUnknown, match="judge 0"):
        verdict_of(replace(said, judge_revision="0"))


def test_evidence_out_of_the_order_of_declaration_is_refused() -> None:
    good = of_contrast(ERRORS, of_errors(1_000, 1_000))
    with pytest.raises(EvidenceInvalid):
        verdict_of(evidence(ALPHA, (ERRORS, replace(good, metric="other"))))


def test_the_formulas_of_this_revision_give_these_bytes() -> None:
    """When this goes red, the formulas have changed: raise JUDGE_REVISION before the bytes here."""
    errors = of_contrast(ERRORS, of_errors(1_300, 1_000))
    latencies = of_histograms(LATENCY, evenly(20_000, 355.0), evenly(20_000, 300.0))
    said = verdict_of(evidence(ALPHA, (ERRORS, errors), (LATENCY, latencies)))
    assert canonical(said).decode() == "".join(PINNED)


PINNED = (
    '{"judge_revision":"1","metrics":[{"candidate_n":20000,"champion_n":20000,"harm":0.015,"high":0.022529342,',
    '"low":0.006982906,"metric":"errors","verdict":"inconclusive"},{"candidate_n":20000,"champion_n":20000,"ha',
    'rm":50.0,"high":70.0,"low":30.0,"metric":"latency","verdict":"inconclusive"}],"verdict":"inconclusive"}',
)


@given(arms, st.floats(0.001, 0.4))
def test_equal_evidence_gives_equal_bytes_and_both_verdicts_never_hold(
    pairs: list[tuple[Moments, Moments]], alpha: float
) -> None:
    said = evidence(alpha, (ERRORS, of_contrast(ERRORS, added(ERRORS, *pairs))))
    judgement = verdict_of(said)
    found = judgement.metrics[0]
    assert canonical(verdict_of(replace(said))) == canonical(judgement)
    assert found.low <= found.harm <= found.high
    assert judgement.verdict != "continue" or found.high < ERRORS.margin
    assert judgement.verdict != "abort" or found.low > ERRORS.margin
