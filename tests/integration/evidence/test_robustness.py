"""Do real attacks break a real classifier, within the budget and repeatably?"""

from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from tenure_evidence import robustness
from tenure_evidence.data import DataSet
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import RobustnessSuite

from tests.integration.evidence.conftest import FEATURES

GRADIENT = {"attack": "fast_gradient", "eps": 0.5}
JUMP = {"attack": "hop_skip_jump", "eps": 1.5, "iterations": 3, "queries": 50}


def suite(*attacks: dict[str, Any], **changes: Any) -> RobustnessSuite:
    declared = {"kind": "robustness", "name": "gates", "data": {"path": "x.csv"}, "target": "churned", "rows": 60}
    return RobustnessSuite.model_validate(declared | {"features": FEATURES, "attacks": attacks} | changes)


def shares(suite: RobustnessSuite, subject: Subject, data: DataSet) -> tuple[float, float]:
    """Clean and robust accuracy."""
    clean, robust = robustness.run(suite, subject, data).metrics
    assert clean.value is not None
    assert robust.value is not None
    return clean.value, robust.value


@pytest.mark.parametrize("attack", [GRADIENT, JUMP])
def test_an_attack_breaks_some_rows(subject: Subject, holdout: DataSet, attack: dict[str, Any]) -> None:
    clean, robust = shares(suite(attack), subject, holdout)
    assert clean - robust > 0.05


@pytest.mark.parametrize("attack", [GRADIENT, JUMP])
def test_an_attack_with_hardly_any_budget_breaks_nothing(
    subject: Subject, holdout: DataSet, attack: dict[str, Any]
) -> None:
    """Without the budget, HopSkipJump would break every row, by walking as far as it takes."""
    clean, robust = shares(suite(attack | {"eps": 1e-4}), subject, holdout)
    assert clean == robust


def test_a_row_is_robust_only_if_every_attack_failed_on_it(subject: Subject, holdout: DataSet) -> None:
    _, robust = robustness.run(suite(GRADIENT, JUMP), subject, holdout).metrics
    assert set(robust.slices) == {"fast_gradient, eps=0.5, norm=inf", "hop_skip_jump, eps=1.5, norm=2"}
    assert robust.value is not None
    assert all(part.value is not None and robust.value <= part.value for part in robust.slices.values())


def test_the_same_seed_gives_the_same_bytes_and_leaves_numpys_generator_alone(
    subject: Subject, holdout: DataSet
) -> None:
    made = set()
    for theirs in range(5):
        np.random.seed(theirs)
        before = np.random.get_state()[1].tolist()
        made.add(robustness.run(suite(JUMP | {"iterations": 1}), subject, holdout).digest)
        assert np.random.get_state()[1].tolist() == before
    assert len(made) == 1


def test_a_model_without_gradients_can_still_be_attacked_by_its_answers(holdout: DataSet) -> None:
    forest = RandomForestClassifier(10, random_state=0).fit(holdout.frame[FEATURES], holdout.frame["churned"])
    subject = Subject(model=forest, digest="sha256:00")
    clean, robust = shares(suite(JUMP, rows=30), subject, holdout)
    assert clean > robust
    with pytest.raises(SuiteRefused, match="which a RandomForestClassifier does not give: use hop_skip_jump"):
        robustness.run(suite(GRADIENT), subject, holdout)


def test_the_verdict_follows_the_thresholds(subject: Subject, holdout: DataSet) -> None:
    def verdict(at_least: float) -> str:
        threshold = {"metric": "robust_accuracy", "at_least": at_least}
        return robustness.run(suite(GRADIENT, thresholds=[threshold]), subject, holdout).verdict

    assert [verdict(at_least) for at_least in (0.05, 0.99)] == ["passed", "failed"]


def test_what_cannot_be_attacked_is_refused(holdout: DataSet) -> None:
    inputs, truth = holdout.frame[FEATURES], holdout.frame["churned"]
    with pytest.raises(SuiteRefused, match="LinearRegression has no predict_proba"):
        robustness.run(suite(JUMP), Subject(model=LinearRegression().fit(inputs, truth), digest=""), holdout)
    with pytest.raises(SuiteRefused, match="nowhere to start"):
        robustness.run(suite(JUMP), Subject(model=DummyClassifier().fit(inputs, truth), digest=""), holdout)
    stranger = DummyClassifier().fit(inputs, truth + 5)
    with pytest.raises(SuiteRefused, match="knows the classes"):
        robustness.run(suite(JUMP), Subject(model=stranger, digest=""), holdout)
