"""Does the page about evidence do what it says?"""

import re
from pathlib import Path

import pytest
from tenure_evidence.data import DataSet

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_suite_and_the_code_of_the_page_give_a_verdict(
    tmp_path: Path,
    artifact: Path,
    holdout: DataSet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "gates.yaml").write_text(block("yaml"))
    (tmp_path / "churn.pkl").write_bytes(artifact.read_bytes())
    holdout.frame.to_csv(tmp_path / "holdout.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(block("python"), {})
    assert re.fullmatch(r"passed \(\) sha256:[0-9a-f]{64}\n", capsys.readouterr().out)
