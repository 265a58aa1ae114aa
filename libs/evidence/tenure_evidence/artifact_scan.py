"""Would loading a model's files run something that no model needs, as far as modelscan can see?

Modelscan reads files without loading them and looks for a list of known-bad operations: passed means that everything
was read and nothing on that list was found, not that the artifact is safe. Joblib's own files hold raw arrays amid the
pickle, which it can't read past: they are inconclusive, so save with pickle what is to be scanned.

Judged is the scanner's report, not its exit code, which is 2 for a file it couldn't read even where another file is
malicious, 0 where one file was scanned and ten were skipped, and 3 where nothing was scanned at all.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, Field, ValidationError

from tenure_evidence.errors import DataRefused, RunnerUnavailable, ToolFailed
from tenure_evidence.installed import release
from tenure_evidence.reports import Report
from tenure_evidence.suites import ArtifactScanSuite
from tenure_evidence.verdicts import Finding


class Issue(BaseModel):
    description: str
    source: str
    severity: str


class Trouble(BaseModel):
    description: str
    source: str = "the scanner"


class ScannedFiles(BaseModel):
    scanned_files: tuple[str, ...] = ()


class SkippedFiles(BaseModel):
    skipped_files: tuple[Trouble, ...] = ()


class Summary(BaseModel):
    scanned: ScannedFiles
    skipped: SkippedFiles


class Scan(BaseModel):
    """What is used of modelscan's JSON report."""

    summary: Summary
    issues: tuple[Issue, ...] = Field(max_length=10_000)
    errors: tuple[Trouble, ...] = Field(max_length=10_000)


def run(suite: ArtifactScanSuite, path: Path, subject_digest: str) -> Report:
    """Scans a file, whose digest must be the subject's, or every file of a folder.

    Raises DataRefused, RunnerUnavailable, ToolFailed.
    """
    if path.is_file():
        _check_digest(path, subject_digest)
    try:
        modelscan = release("modelscan")
    except ModuleNotFoundError as why:
        raise RunnerUnavailable("modelscan", "evidence-scan") from why
    return Report(
        kind="artifact_scan",
        tool="modelscan",
        tool_release=modelscan,
        subject_digest=subject_digest,
        parts=tuple(judged(_scan(path.absolute(), suite.timeout_seconds), suite.unscanned_allowed)),
        settings={"suite": suite.model_dump(mode="json")},
    )


def _check_digest(path: Path, expected: str) -> None:
    with path.open("rb") as content:
        digest = f"sha256:{file_digest(content, 'sha256').hexdigest()}"
    if digest != expected:
        raise DataRefused(f"{path.name} is {digest}, not {expected}")


def judged(scan: Scan, unscanned_allowed: Sequence[str]) -> Iterator[Finding]:
    """One finding for each file scanned and clean, for each issue, and for each thing that kept a file from a scan."""
    flawed = {issue.source for issue in scan.issues}
    for issue in scan.issues:
        yield Finding(name=issue.source, verdict="failed", reason=f"{issue.severity}: {issue.description}")
    for trouble in (*scan.errors, *scan.summary.skipped.skipped_files):
        if not any(fnmatch(trouble.source, pattern) for pattern in unscanned_allowed):
            yield Finding(name=trouble.source, verdict="inconclusive", reason=trouble.description)
    for source in scan.summary.scanned.scanned_files:
        if source not in flawed:
            yield Finding(name=source, verdict="passed")


def _scan(path: Path, timeout_seconds: int) -> Scan:
    """In a process of its own, since what it reads may bring it down, and in a folder of its own, where it finds no
    settings but its defaults."""
    with TemporaryDirectory(prefix="tenure-scan-") as folder:
        report = Path(folder, "report.json")
        command: list[str | Path] = [
            sys.executable,
            "-I",
            "-m",
            "modelscan.cli",
            "scan",
            "-p",
            path,
            "-r",
            "json",
            "-o",
            report,
        ]
        try:
            done = subprocess.run(
                [*command, "--show-skipped"], cwd=folder, capture_output=True, timeout=timeout_seconds, check=False
            )
        except subprocess.TimeoutExpired as why:
            raise ToolFailed(f"modelscan took over {timeout_seconds} s: raise timeout_seconds or scan less") from why
        try:
            return Scan.model_validate_json(report.read_bytes())
        except (OSError, ValidationError) as why:
            spoken = (done.stderr or done.stdout)[-2000:].decode(errors="replace")
            raise ToolFailed(f"modelscan ended with {done.returncode} and no report: {spoken}") from why
