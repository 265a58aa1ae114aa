"""Does the judge err as seldom, and decide as soon, as docs/judging.md says? By brute force."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tenure_rollout.judging.statistics import NOTHING, Contrast, Moments, with_pairs, with_window
from tenure_rollout.judging.verdicts import JudgedVerdict, MetricJudgement, MetricStatistics, judgement_of

from tests.simulation import latencies
from tests.simulation.other_judges import KAYENTA_WINDOWS, fixed_horizon, kayenta_fails, report
from tests.simulation.rollout_cases import STATED, TWO_ARMED, Stated, errors
from tests.simulation.rollouts import ALPHA, Flags, Run, ever, n_within, simulate

PAGE = (Path(__file__).parents[2] / "docs/judging.md").read_text()
SHORT, LONG = 500, 10_000
PASS_SHARE, ABORT_SHARE = 0.90, 0.95
REPLAYED = 10

campaigns = [SHORT, pytest.param(LONG, marks=pytest.mark.soak)]
over_campaigns = pytest.mark.parametrize("rollouts", campaigns)


@dataclass(frozen=True, slots=True)
class Outcome:
    stated: Stated
    equal: Run
    at_margin: Run
    harmful: Run


@pytest.fixture(scope="module", params=STATED, ids=lambda stated: stated.case.name)
def stated(request: pytest.FixtureRequest) -> Stated:
    return request.param


@pytest.fixture(scope="module", params=campaigns)
def outcome(request: pytest.FixtureRequest, stated: Stated) -> Outcome:
    runs = [simulate(stated.case, harm * stated.case.margin, request.param, harm) for harm in range(3)]
    return Outcome(stated, *runs)


def test_a_version_exactly_at_the_margin_passes_at_most_alpha_at_every_stopping_time(outcome: Outcome) -> None:
    assert ever(outcome.at_margin.passes) <= ALPHA


def test_a_version_exactly_at_the_margin_is_aborted_at_most_alpha_at_every_stopping_time(outcome: Outcome) -> None:
    assert ever(outcome.at_margin.aborts) <= ALPHA


def test_equal_arms_are_aborted_at_most_alpha_at_every_stopping_time(outcome: Outcome) -> None:
    assert ever(outcome.equal.aborts) <= ALPHA


def test_a_version_as_good_as_the_champion_passes_within_the_stated_n(outcome: Outcome) -> None:
    assert n_within(outcome.equal, outcome.equal.passes, PASS_SHARE) <= outcome.stated.pass_n


def test_twice_the_margin_is_aborted_within_the_stated_n(outcome: Outcome) -> None:
    assert n_within(outcome.harmful, outcome.harmful.aborts, ABORT_SHARE) <= outcome.stated.abort_n


def test_what_is_stated_is_not_far_more_than_what_is_needed(outcome: Outcome) -> None:
    assert n_within(outcome.equal, outcome.equal.passes, PASS_SHARE) > outcome.stated.pass_n / 2
    assert n_within(outcome.harmful, outcome.harmful.aborts, ABORT_SHARE) > outcome.stated.abort_n / 2


def judged(run: Run, contrast: Contrast) -> MetricJudgement:
    said = MetricStatistics(metric=run.case.name, contrast=contrast, candidate=None, champion=None)
    return judgement_of(run.case.metric, said, ALPHA, ALPHA)


def test_the_simulation_decides_where_the_judge_does(outcome: Outcome) -> None:
    """At the first look at which it passes or aborts, not at the look before; and never where it never does."""
    for run in (outcome.equal, outcome.at_margin, outcome.harmful):
        for rollout in range(len(run.passes)):
            assert_agreement(run, rollout, run.passes[rollout], "continue")
            assert_agreement(run, rollout, run.aborts[rollout], "abort")


def assert_agreement(run: Run, rollout: int, looks: Flags, verdict: JudgedVerdict) -> None:
    first = int(looks.argmax()) if looks.any() else len(looks)
    if first < len(looks):
        assert judged(run, run.contrast(rollout, first)).verdict == verdict
    if first > 0:
        assert judged(run, run.contrast(rollout, first - 1)).verdict != verdict


def test_the_simulation_adds_up_windows_as_the_judge_does(stated: Stated) -> None:
    run = simulate(stated.case, stated.case.margin, REPLAYED, 7)
    for rollout in range(REPLAYED):
        contrast, last = NOTHING, stated.case.windows - 1
        for window in range(stated.case.windows):
            contrast = replayed(run, contrast, rollout, window)
        expected = run.contrast(rollout, last)
        for name in Contrast.__dataclass_fields__:
            assert getattr(contrast, name) == pytest.approx(getattr(expected, name), rel=1e-9, abs=1e-9), name


def replayed(run: Run, contrast: Contrast, rollout: int, window: int) -> Contrast:
    arms = [
        Moments(
            n=int(arm.n[window]), total=float(arm.total[rollout, window]), squares=float(arm.squares[rollout, window])
        )
        for arm in (run.candidate, run.champion)
    ]
    plan = run.case.metric.unit_plan
    return with_pairs(contrast, arms[0], plan) if run.case.kind == "paired" else with_window(contrast, *arms, plan)


def test_the_page_states_the_same_n() -> None:
    """Each case's row, by its margin and both of its figures, and that of the latencies."""
    rows = [row.split(" | ") for row in PAGE.splitlines() if row.startswith("| ")]
    for each in STATED:
        figures = [f"{each.pass_n:,}", f"{each.abort_n:,}"]
        assert [row for row in rows if row[1] == f"{each.case.margin:g}" and row[3:5] == figures], each.case.name
    latency = [f"{latencies.PASS_N:,}", f"{latencies.ABORT_N:,}"]
    assert [row for row in rows if row[1] == f"{latencies.MARGIN_MS:g} ms" and row[3:5] == latency]


@over_campaigns
def test_of_four_metrics_all_at_their_margin_any_aborts_at_most_alpha(rollouts: int) -> None:
    case = STATED[4].case
    runs = [simulate(case, case.margin, rollouts, seed, abort_share=1 / 4) for seed in range(4)]
    assert np.any([run.aborts.any(axis=1) for run in runs], axis=0).mean() <= ALPHA


@over_campaigns
def test_of_four_metrics_one_at_its_margin_keeps_all_from_passing_but_for_alpha(rollouts: int) -> None:
    case = STATED[4].case
    harms = (case.margin, 0.0, 0.0, 0.0)
    runs = [simulate(case, harm, rollouts, seed, abort_share=1 / 4) for seed, harm in enumerate(harms)]
    together = np.all([run.passes for run in runs], axis=0)
    assert ever(together) <= ALPHA
    assert ever(np.all([run.passes for run in runs[1:]], axis=0)) > PASS_SHARE


def test_little_traffic_ends_in_insufficient_samples_whatever_the_harm() -> None:
    """Ninety requests in ninety windows, where a hundred were asked for; every one of the candidate's is wrong."""
    run = simulate(errors(0.05, 0.02, 1, 1, 90), 0.95, 50, 0)
    assert {judged(run, run.contrast(rollout, 89)).verdict for rollout in range(50)} == {"insufficient"}
    assert not run.passes.any()
    assert not run.aborts.any()


@over_campaigns
def test_latencies_at_the_margin_neither_pass_nor_abort_but_for_alpha(rollouts: int) -> None:
    found = latencies.verdicts(latencies.MARGIN_MS, rollouts, 1)
    assert latencies.share_within(found, "continue", latencies.LOOKS[-1]) <= ALPHA
    assert latencies.share_within(found, "abort", latencies.LOOKS[-1]) <= ALPHA


@over_campaigns
def test_latencies_as_good_as_the_champions_pass_and_much_worse_ones_abort_within_the_stated_n(rollouts: int) -> None:
    equal = latencies.verdicts(0.0, rollouts, 0)
    harmful = latencies.verdicts(2 * latencies.MARGIN_MS, rollouts, 2)
    assert latencies.share_within(equal, "continue", latencies.PASS_N) >= PASS_SHARE
    assert latencies.share_within(equal, "abort", latencies.LOOKS[-1]) <= ALPHA
    assert latencies.share_within(harmful, "abort", latencies.ABORT_N) >= ABORT_SHARE


@pytest.mark.parametrize("stated", TWO_ARMED, ids=lambda stated: stated.case.name)
def test_a_fixed_horizon_test_asked_again_lets_a_harmful_version_pass_far_over_alpha(stated: Stated) -> None:
    run = simulate(stated.case, stated.case.margin, SHORT, 1)
    assert fixed_horizon(run)[0].any(axis=1).mean() > 5 * ALPHA


def test_a_mann_whitney_judge_lets_harm_of_a_rare_error_pass() -> None:
    """Twice the error rate, declared as too much: over an hour, a good third of the rollouts show nothing of it."""
    run = simulate(STATED[0].case, STATED[0].case.margin, SHORT, 1)
    assert 1 - kayenta_fails(run, KAYENTA_WINDOWS).mean() > 1 / 3


@pytest.mark.soak
def test_the_other_judges_verdicts_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    said = report(LONG)
    with capsys.disabled():
        sys.stdout.write(said)
    assert said.count("fixed horizon") == len(TWO_ARMED)
