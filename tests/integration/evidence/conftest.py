"""A small real model with real answers, and the data that it was held out from."""

import pickle
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from tenure_evidence.data import DataSet
from tenure_evidence.subjects import Subject, load_subject

FEATURES = ["age", "balance", "tenure", "visits"]


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """1,200 rows: two groups of 580 and one of 40."""
    inputs, truth = make_classification(1200, 4, n_informative=3, n_redundant=0, class_sep=1.2, random_state=7)
    rows = pd.DataFrame(inputs, columns=FEATURES)
    return rows.assign(churned=truth, region=["north"] * 580 + ["south"] * 580 + ["isle"] * 40)


@pytest.fixture(scope="session")
def holdout(frame: pd.DataFrame) -> DataSet:
    return DataSet(frame=frame.iloc[200:].reset_index(drop=True), digest="sha256:" + "d" * 64)


@pytest.fixture(scope="session")
def artifact(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fitted logistic regression in a pickle."""
    train = frame.iloc[:200]
    path = tmp_path_factory.mktemp("models") / "churn.pkl"
    path.write_bytes(pickle.dumps(LogisticRegression().fit(train[FEATURES], train["churned"])))
    return path


@pytest.fixture(scope="session")
def subject(artifact: Path) -> Subject:
    return load_subject(artifact, trust=True)
