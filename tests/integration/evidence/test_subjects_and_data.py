"""Is what was tested what was registered, and does nobody's code run unasked?"""

import os
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tenure_evidence import evaluate
from tenure_evidence.data import DataSet, read_data, slices_of
from tenure_evidence.errors import DataRefused, SuiteRefused, Untrusted
from tenure_evidence.subjects import Subject, load_subject
from tenure_evidence.suites import EvaluationSuite

from tests.integration.evidence.conftest import FEATURES


def suite(source: dict[str, Any], **changes: Any) -> EvaluationSuite:
    declared = {"kind": "evaluation", "name": "gates", "data": source, "target": "churned", "features": FEATURES}
    return EvaluationSuite.model_validate(declared | {"task": "classification", "scorers": ["accuracy"]} | changes)


@pytest.fixture
def folder(tmp_path: Path, holdout: DataSet) -> Path:
    holdout.frame.to_csv(tmp_path / "holdout.csv", index=False)
    holdout.frame.to_parquet(tmp_path / "holdout.parquet")
    return tmp_path


def test_a_subject_is_bound_to_the_digest_of_its_bytes(artifact: Path) -> None:
    digest = f"sha256:{sha256(artifact.read_bytes()).hexdigest()}"
    assert load_subject(artifact, trust=True, expected_digest=digest).digest == digest


class Malicious:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._folder),)


def test_a_model_is_not_loaded_unless_it_is_trusted_and_is_the_expected_one(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Malicious(tmp_path / "owned")))
    with pytest.raises(Untrusted, match=r"model\.pkl runs its author's code"):
        load_subject(tmp_path / "model.pkl", trust=False)
    with pytest.raises(DataRefused, match="not sha256:00"):
        load_subject(tmp_path / "model.pkl", trust=True, expected_digest="sha256:00")
    assert not (tmp_path / "owned").exists()


def test_what_cannot_predict_is_no_subject(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"weights": [1]}))
    with pytest.raises(DataRefused, match="holds a dict"):
        load_subject(tmp_path / "model.pkl", trust=True)


@pytest.mark.parametrize("name", ["holdout.csv", "holdout.parquet"])
def test_a_file_evaluates_like_the_frame_that_it_was_written_from(
    folder: Path, subject: Subject, holdout: DataSet, name: str
) -> None:
    data = read_data(suite({"path": name}), root=folder)
    assert data.digest == f"sha256:{sha256((folder / name).read_bytes()).hexdigest()}"
    theirs, ours = (evaluate.run(suite({"path": name}), subject, rows) for rows in (holdout, data))
    assert ours.metrics == theirs.metrics
    assert ours.settings["data_digest"] == data.digest


def test_a_data_set_that_was_changed_is_refused(folder: Path) -> None:
    declared = suite({"path": "holdout.csv", "digest": "sha256:" + "0" * 64})
    with pytest.raises(DataRefused, match="the suite wants sha256:000"):
        read_data(declared, root=folder)


def test_own_data_is_made_only_when_trusted_and_digests_by_its_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own_rows.py").write_text(
        f"import pandas\n"
        f"whole = lambda: pandas.read_csv({str(folder / 'holdout.csv')!r})\n"
        f"first = lambda: whole().head(50)\n"
        f"words = lambda: 'rows'\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    first = suite({"callable": "own_rows:first"})
    with pytest.raises(Untrusted, match="own_rows:first"):
        read_data(first, root=folder)
    made = read_data(first, root=folder, trust=True)
    assert len(made.frame) == 50
    assert made.digest == read_data(first, root=folder, trust=True).digest
    assert made.digest != read_data(suite({"callable": "own_rows:whole"}), root=folder, trust=True).digest
    with pytest.raises(DataRefused, match="returned a str"):
        read_data(suite({"callable": "own_rows:words"}), root=folder, trust=True)
    with pytest.raises(SuiteRefused, match="own_rows:nothing"):
        read_data(suite({"callable": "own_rows:nothing"}), root=folder, trust=True)


@pytest.mark.parametrize(
    ("source", "changes", "says"),
    [
        ({"path": "nothing.csv"}, {}, "nothing.csv"),
        ({"path": "holdout.xlsx"}, {}, "neither .csv nor .parquet"),
        ({"path": "empty.csv"}, {}, "empty.csv"),
        ({"path": "headers.csv"}, {}, "has 0 rows"),
        ({"path": "gaps.csv"}, {}, "1 rows have no churned"),
        ({"path": "holdout.csv"}, {"slices": ["planet"]}, r"no column \['planet'\]"),
    ],
)
def test_data_that_cannot_be_tested_on_is_refused(
    folder: Path, source: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    rows = (folder / "holdout.csv").read_text().splitlines()
    (folder / "empty.csv").write_text("")
    (folder / "headers.csv").write_text(rows[0])
    (folder / "gaps.csv").write_text("\n".join([rows[0], rows[1], "1,1,1,1,,north"]))
    with pytest.raises(DataRefused, match=says):
        read_data(suite(source, **changes), root=folder)


def test_values_that_read_alike_are_not_taken_for_one() -> None:
    with pytest.raises(DataRefused, match="region=<missing> stands for two"):
        list(slices_of(pd.DataFrame({"region": [None, "<missing>"]}), ["region"]))


def test_slices_have_a_largest_number() -> None:
    with pytest.raises(DataRefused, match="has 501 values"):
        list(slices_of(pd.DataFrame({"customer": range(501)}), ["customer"]))
