"""Does an explanation name what the model was made to lean on, and nothing else?"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from tenure_evidence import explain
from tenure_evidence.data import DataSet
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import ExplanationSuite

from tests.integration.evidence.conftest import FEATURES


def suite(**changes: Any) -> ExplanationSuite:
    declared = {"kind": "explanation", "name": "why", "data": {"path": "x.csv"}, "target": "churned"}
    return ExplanationSuite.model_validate(
        declared | {"features": FEATURES, "scorer": "accuracy", "resamples": 30} | changes
    )


@pytest.fixture(scope="module")
def blind(holdout: DataSet) -> Subject:
    """A model that was kept from using `visits`, and leans on `age` most."""
    model = LogisticRegression().fit(holdout.frame[FEATURES], holdout.frame["churned"])
    model.coef_ = np.array([[2.0, 0.5, 0.0, 0.0]])
    return Subject(model=model, digest="sha256:" + "b" * 64)


@pytest.fixture(scope="module")
def foretold(blind: Subject, holdout: DataSet) -> DataSet:
    """Data on which that model is always right."""
    return replace(holdout, frame=holdout.frame.assign(churned=blind.model.predict(holdout.frame[FEATURES])))


def test_the_feature_that_a_model_leans_on_matters_most(blind: Subject, foretold: DataSet) -> None:
    (importance,) = explain.run(suite(), blind, foretold).metrics
    age, visits = importance.slices["age"], importance.slices["visits"]
    assert importance.value == age.value == max(part.value or 0 for part in importance.slices.values())
    assert (visits.value, visits.interval and visits.interval.high) == (0.0, 0.0)


def test_importances_agree_with_scikit_learns_on_all_rows(subject: Subject, holdout: DataSet) -> None:
    (importance,) = explain.run(suite(), subject, holdout).metrics
    inputs, truth = holdout.frame[FEATURES], holdout.frame["churned"]
    theirs = permutation_importance(subject.model, inputs, truth, scoring="accuracy", n_repeats=30, random_state=1)
    ours = [part.value for part in importance.slices.values()]
    assert ours == pytest.approx(list(theirs.importances_mean), abs=0.02)


def test_the_same_seed_gives_the_same_bytes(subject: Subject, holdout: DataSet) -> None:
    declared = suite(partial_dependence=["age"])
    assert explain.run(declared, subject, holdout).to_bytes() == explain.run(declared, subject, holdout).to_bytes()


def test_a_feature_can_be_forbidden(blind: Subject, foretold: DataSet) -> None:
    def verdict(feature: str) -> str:
        threshold = {"metric": f"permutation_importance[{feature}]", "at_most": 0.01}
        return explain.run(suite(thresholds=[threshold]), blind, foretold).verdict

    assert (verdict("visits"), verdict("age")) == ("passed", "failed")


def test_an_explanation_alone_is_no_verdict(subject: Subject, holdout: DataSet) -> None:
    assert explain.run(suite(), subject, holdout).verdict == "inconclusive"


def test_partial_dependence_is_flat_for_an_unused_feature_and_rises_for_a_used_one(
    blind: Subject, holdout: DataSet
) -> None:
    whole_years = holdout.frame.assign(age=holdout.frame["age"].round().astype(int))
    _, age, visits = explain.run(
        suite(partial_dependence=["age", "visits"], grid_points=5),
        blind,
        DataSet(frame=whole_years, digest="sha256:00"),
    ).metrics
    assert visits.value == pytest.approx(0)
    answers = [part.value for part in age.slices.values()]
    assert answers == sorted(answers, key=float)
    assert age.value == pytest.approx(float(answers[-1] or 0) - float(answers[0] or 0))


def test_a_feature_of_words_has_no_partial_dependence(subject: Subject, holdout: DataSet) -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(
        holdout.frame[["region"]], holdout.frame["churned"]
    )
    words = suite(features=["region"], partial_dependence=["region"])
    with pytest.raises(SuiteRefused, match="region and this model give no partial dependence"):
        explain.run(words, Subject(model=model, digest="sha256:00"), holdout)


def test_a_scorer_that_does_not_fit_is_refused(subject: Subject, holdout: DataSet) -> None:
    with pytest.raises(SuiteRefused, match="neg_mean_gamma_deviance can't be used"):
        explain.run(suite(scorer="neg_mean_gamma_deviance"), subject, holdout)
