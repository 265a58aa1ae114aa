"""Is a malicious artifact caught, a clean one passed, and an unread one neither?"""

import os
import pickle
import zipfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import joblib
import pytest
from tenure_evidence import artifact_scan
from tenure_evidence.errors import DataRefused, ToolFailed
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import ArtifactScanSuite

DIGEST = "sha256:" + "a" * 64


class Malicious:
    """Would make a folder wherever it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"mkdir {self._folder}",)


@pytest.fixture
def malicious(tmp_path: Path) -> bytes:
    return pickle.dumps(Malicious(tmp_path / "owned"))


def digest_of(path: Path) -> str:
    return f"sha256:{sha256(path.read_bytes()).hexdigest()}"


def scan(path: Path, *allowed: str) -> Report:
    suite = ArtifactScanSuite(kind="artifact_scan", name="scan", unscanned_allowed=allowed)
    return artifact_scan.run(suite, path, digest_of(path) if path.is_file() else DIGEST)


def test_a_clean_model_passes(artifact: Path) -> None:
    report = scan(artifact)
    assert (report.verdict, report.reasons) == ("passed", ())
    assert (report.tool, report.tool_release, report.subject_digest) == (
        "modelscan",
        version("modelscan"),
        digest_of(artifact),
    )


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.dat"])
def test_a_pickle_that_would_run_a_command_fails_and_is_not_run(tmp_path: Path, malicious: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(malicious)
    report = scan(path)
    assert report.verdict == "failed"
    assert report.reasons == (f"{name}: CRITICAL: Use of unsafe operator 'system' from module 'posix'",)
    assert not (tmp_path / "owned").exists()


def test_a_malicious_pickle_inside_an_archive_fails(tmp_path: Path, malicious: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("weights/data.pkl", malicious)
    assert scan(tmp_path / "model.zip").verdict == "failed"


def test_a_file_that_no_scanner_knows_is_inconclusive(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    report = scan(tmp_path / "model.onnx")
    assert (report.verdict, report.reasons) == ("inconclusive", ("model.onnx: Model Scan did not scan file",))


def test_a_joblib_file_with_arrays_cannot_be_read_and_so_cannot_pass(tmp_path: Path, subject: Subject) -> None:
    joblib.dump(subject.model, tmp_path / "model.joblib")
    assert scan(tmp_path / "model.joblib").verdict == "inconclusive"


def test_a_pickle_that_cannot_be_read_to_its_end_is_inconclusive(tmp_path: Path, malicious: bytes) -> None:
    (tmp_path / "model.pkl").write_bytes(malicious[:-1] + b"garbage")
    report = scan(tmp_path / "model.pkl")
    assert report.verdict == "inconclusive"
    assert "model.pkl: Parsing error" in report.reasons[0]


def test_a_folder_is_as_good_as_its_worst_file(tmp_path: Path, artifact: Path, malicious: bytes) -> None:
    (tmp_path / "churn.pkl").write_bytes(artifact.read_bytes())
    (tmp_path / "README.md").write_text("a model")
    assert scan(tmp_path).verdict == "inconclusive"
    assert scan(tmp_path, "*.md").verdict == "passed"
    (tmp_path / "broken.pkl").write_bytes(b"\x80\x04garbage")
    (tmp_path / "other.pkl").write_bytes(malicious)
    report = scan(tmp_path, "*.md")
    assert {part.name: part.verdict for part in report.parts} == {
        "churn.pkl": "passed",
        "broken.pkl": "inconclusive",
        "other.pkl": "failed",
    }
    assert report.verdict == "failed"


def test_an_empty_folder_shows_nothing(tmp_path: Path) -> None:
    assert scan(tmp_path).verdict == "inconclusive"


def test_settings_that_lie_beside_the_artifact_switch_no_scanner_off(
    tmp_path: Path, malicious: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modelscan-settings.toml").write_text("[scanners]\n[middlewares]\n")
    (tmp_path / "model.pkl").write_bytes(malicious)
    monkeypatch.chdir(tmp_path)
    assert scan(tmp_path / "model.pkl").verdict == "failed"


def test_a_scan_of_other_bytes_is_no_evidence(artifact: Path) -> None:
    with pytest.raises(DataRefused, match=f"not {DIGEST}"):
        artifact_scan.run(ArtifactScanSuite(kind="artifact_scan", name="scan"), artifact, DIGEST)


def test_what_is_not_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no report"):
        scan(tmp_path / "nothing.pkl")
