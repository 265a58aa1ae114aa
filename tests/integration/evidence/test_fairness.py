"""Does the fairness runner say what fairlearn says, and is it slow to accuse and to acquit?"""

from dataclasses import replace
from typing import Any

import fairlearn.metrics
import numpy as np
import pandas as pd
import pytest
from tenure_evidence import fairness
from tenure_evidence.data import DataSet
from tenure_evidence.errors import DataRefused
from tenure_evidence.measures import Metric
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import DISPARITIES, FairnessSuite


class Echo:
    """A model that says what its one feature says."""

    def predict(self, inputs: pd.DataFrame, /) -> np.ndarray:
        return inputs["score"].to_numpy()


ECHO = Subject(model=Echo(), digest="sha256:" + "e" * 64)


def suite(**changes: Any) -> FairnessSuite:
    declared = {"kind": "fairness", "name": "gates", "data": {"path": "x.csv"}, "target": "paid", "features": ["score"]}
    thresholds = [{"metric": name, "at_most": 0.2} for name in DISPARITIES]
    return FairnessSuite.model_validate(declared | {"sensitive": ["group"], "thresholds": thresholds} | changes)


def people(*groups: tuple[str, int, float, float], seed: int = 0) -> DataSet:
    """Each group: name, size, and how often its payers and its non-payers are selected; half of each pay."""
    draw = np.random.default_rng(seed)
    frames = []
    for name, size, of_payers, of_others in groups:
        paid = np.arange(size) % 2
        score = (draw.random(size) < np.where(paid == 1, of_payers, of_others)).astype(int)
        frames.append(pd.DataFrame({"group": name, "paid": paid, "score": score}))
    return DataSet(frame=pd.concat(frames, ignore_index=True), digest="sha256:" + "d" * 64)


def measured(report: Report) -> dict[str, Metric]:
    return {metric.name: metric for metric in report.metrics}


FAIR = people(("a", 2000, 0.8, 0.2), ("b", 2000, 0.8, 0.2))
UNFAIR = people(("a", 2000, 0.8, 0.4), ("b", 2000, 0.4, 0.1))


@pytest.mark.parametrize("data", [FAIR, UNFAIR, people(("a", 90, 0.9, 0.3), ("b", 70, 0.5, 0.5), ("c", 40, 0.7, 0.1))])
@pytest.mark.parametrize("name", DISPARITIES)
def test_disparities_are_fairlearns_and_lie_in_their_intervals(data: DataSet, name: str) -> None:
    metric = measured(fairness.run(suite(), ECHO, data))[name]
    frame = data.frame
    theirs = getattr(fairlearn.metrics, name)(frame["paid"], frame["score"], sensitive_features=frame["group"])
    assert metric.value == pytest.approx(theirs)
    assert metric.interval is not None
    assert metric.interval.low <= theirs <= metric.interval.high


def test_equal_treatment_of_large_groups_passes() -> None:
    assert fairness.run(suite(), ECHO, FAIR).verdict == "passed"


def test_unequal_treatment_of_large_groups_fails_each_disparity() -> None:
    report = fairness.run(suite(), ECHO, UNFAIR)
    assert [part.verdict for part in report.parts] == ["failed"] * 3


@pytest.mark.parametrize("rate", ["selection_rate", "true_positive_rate", "false_positive_rate"])
def test_each_groups_rates_are_fairlearns(rate: str) -> None:
    frame = UNFAIR.frame
    theirs = fairlearn.metrics.MetricFrame(
        metrics=getattr(fairlearn.metrics, rate),
        y_true=frame["paid"],
        y_pred=frame["score"],
        sensitive_features=frame["group"],
    )
    ours = measured(fairness.run(suite(), ECHO, UNFAIR))[rate]
    assert ours.value == pytest.approx(theirs.overall)
    assert {name: part.value for name, part in ours.slices.items()} == {
        f"group={group}": pytest.approx(value) for group, value in theirs.by_group.items()
    }


def test_each_groups_rates_are_given_with_what_they_rest_on() -> None:
    rate = measured(fairness.run(suite(), ECHO, UNFAIR))["true_positive_rate"]
    assert {group: part.n for group, part in rate.slices.items()} == {"group=a": 1000, "group=b": 1000}
    assert rate.slices["group=a"].value == pytest.approx(0.8, abs=0.04)


def test_one_small_group_keeps_the_whole_from_passing() -> None:
    small = people(("a", 2000, 0.8, 0.2), ("b", 2000, 0.8, 0.2), ("c", 50, 0.8, 0.2))
    report = fairness.run(suite(), ECHO, small)
    assert report.verdict == "inconclusive"
    assert "equal_opportunity_difference <= 0.2: rests on 25 cases, 30 are needed" in report.reasons


def test_a_group_without_positives_has_no_true_positive_rate_to_compare() -> None:
    frame = FAIR.frame.copy()
    frame.loc[frame["group"] == "b", "paid"] = 0
    metric = measured(fairness.run(suite(), ECHO, replace(FAIR, frame=frame)))["equal_opportunity_difference"]
    assert (metric.value, metric.n) == (None, 0)


def test_noise_among_many_equal_groups_is_not_called_unfair() -> None:
    """Ten groups of 100 treated alike differ by some 0.2 by chance; of ten such data sets none may fail at 0.05."""
    parity = "demographic_parity_difference"
    strict = suite(disparities=[parity], thresholds=[{"metric": parity, "at_most": 0.05}])
    alike = [(f"g{number}", 100, 0.5, 0.5) for number in range(10)]
    reports = [fairness.run(strict, ECHO, people(*alike, seed=seed)) for seed in range(10)]
    assert {report.verdict for report in reports} == {"inconclusive"}


def test_groups_may_be_combinations_and_missing_values_are_one_of_them() -> None:
    frame = FAIR.frame.assign(age=["young", "old", None, "old"] * 1000)
    report = fairness.run(suite(sensitive=["group", "age"]), ECHO, replace(FAIR, frame=frame))
    groups = measured(report)["selection_rate"].slices
    assert len(groups) == 6
    assert groups["group=a, age=<missing>"].n == 500


def test_a_model_that_answers_in_other_words_than_the_target_is_not_fair_by_that() -> None:
    words = replace(FAIR, frame=FAIR.frame.assign(score=FAIR.frame["score"].astype(str)))
    with pytest.raises(DataRefused, match="never predicts 1"):
        fairness.run(suite(), ECHO, words)


@pytest.mark.parametrize("change", [{"group": "a"}, {"paid": 0}])
def test_data_with_nothing_to_compare_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataRefused, match="nothing to compare"):
        fairness.run(suite(), ECHO, replace(FAIR, frame=FAIR.frame.assign(**change)))
