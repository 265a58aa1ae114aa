"""How does a report get into a version's ledger?

Its name is made of its digest, so that the same report again changes nothing. Up to 256 KiB the report itself goes onto
the log; a larger one is pushed as an artifact, under the digest that the ledger names.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tenure.cli.asking import asking, registry, revisions
from tenure.cli.common import errors

if TYPE_CHECKING:
    from tenure_evidence import Metric, Report

MAX_INLINE_BYTES = 262_144
MAX_METRICS = 2_000
LEDGER_KINDS = {"explanation": "explainability", "import": "evaluation"}


def recorded(
    report: "Report", version: tuple[str, str], contexts: Sequence[str], name: str | None, kind: str | None
) -> dict[str, Any]:
    """The receipt. What is too large for the log is in the artifact store before the ledger names it."""
    content = report.to_bytes()
    body = body_of(report, contexts, name, kind or LEDGER_KINDS.get(report.kind, report.kind))
    return keep(version, body, content)


def keep(version: tuple[str, str], body: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Records evidence whose report is `content`."""
    if len(content) <= MAX_INLINE_BYTES:
        body["report"] = b64encode(content).decode()
    else:
        _push(content)
    with asking() as client:
        path = registry("models", version[0], "versions", version[1], "evidence")
        receipt: dict[str, Any] = client.post(path, body)
        return receipt


def body_of(report: "Report", contexts: Sequence[str], name: str | None, kind: str) -> dict[str, Any]:
    """The request's body, but for the report."""
    metrics = [row for metric in report.metrics for row in rows_of(metric)]
    if len(metrics) > MAX_METRICS:
        errors.print(f"The ledger takes {MAX_METRICS} of its {len(metrics)} figures; the report has all.")
    return {
        "evidence": name or f"{kind}-{report.digest.removeprefix('sha256:')[:16]}",
        "seen_digest": report.subject_digest,
        "kind": kind,
        "verdict": report.verdict,
        "tool": report.tool,
        "tool_version": report.tool_release,
        "report_digest": report.digest,
        "contexts": [{"context": one, "revision": number} for one, number in revisions(contexts).items()],
        "metrics": metrics[:MAX_METRICS],
    }


def rows_of(metric: "Metric") -> Iterator[dict[str, Any]]:
    """A metric and its slices as the ledger has them; those without a value are in the report alone.

    Scikit-learn negates losses so that more is better; the ledger has them as losses: `neg_brier_score` is `brier`.
    """
    sign = -1 if metric.name.startswith("neg_") else 1
    for path, one in metric.walk():
        if one.value is not None:
            ends = sorted(sign * end for end in (one.interval.low, one.interval.high)) if one.interval else [None, None]
            yield {
                "name": name_of(metric.name),
                "value": sign * one.value,
                "slice": path.removeprefix(metric.name).strip("[]") or None,
                "n": one.n,
                "low": ends[0],
                "high": ends[1],
            }


def name_of(metric: str) -> str:
    """As policies name it."""
    known = re.sub(r"[^a-z0-9._-]", "_", metric.lower().removeprefix("neg_"))[:128].lstrip("._-") or "unnamed"
    return "brier" if known == "brier_score" else known


def _push(content: bytes) -> None:
    from tenure.cli.artifacts import ring_made_here, store_of, told

    with told(), TemporaryDirectory() as directory:
        path = Path(directory) / "report.json"
        path.write_bytes(content)
        store_of(ring_made_here()).push(path)
