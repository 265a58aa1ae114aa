"""How does a runner's report look in a version's ledger?

Its name there is made of its digest, so that the same report again changes nothing.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenure_evidence import Metric, Report

MAX_INLINE_BYTES = 262_144
MAX_METRICS = 2_000
KINDS = {"explanation": "explainability", "import": "evaluation"}


def evidence_of(
    report: "Report", contexts: Mapping[str, int], name: str | None = None, kind: str | None = None
) -> dict[str, Any]:
    """The request's body. `contexts` are revisions by name; `kind` is the ledger's, by default as the report has it.

    Figures past the first 2,000 are in the report alone.
    """
    kind = kind or KINDS.get(report.kind, report.kind)
    return {
        "evidence": name or f"{kind}-{report.digest.removeprefix('sha256:')[:16]}",
        "seen_digest": report.subject_digest,
        "kind": kind,
        "verdict": report.verdict,
        "tool": report.tool,
        "tool_version": report.tool_release,
        "report_digest": report.digest,
        "report": inline(report.to_bytes()),
        "contexts": [{"context": one, "revision": number} for one, number in contexts.items()],
        "metrics": figures_of(report)[:MAX_METRICS],
    }


def inline(content: bytes) -> str | None:
    """Base64 for the log; None for what is too large for it, and belongs into the artifact store."""
    return b64encode(content).decode() if len(content) <= MAX_INLINE_BYTES else None


def figures_of(report: "Report") -> list[dict[str, Any]]:
    """All metrics and slices, in the report's order."""
    return [row for metric in report.metrics for row in _rows(metric)]


def _rows(metric: "Metric") -> Iterator[dict[str, Any]]:
    """A metric and its slices; those without a value are in the report alone.

    Scikit-learn negates losses so that more is better; the ledger has them as losses: `neg_brier_score` is `brier`.
    """
    sign = -1 if metric.name.startswith("neg_") else 1
    for path, one in metric.walk():
        if one.value is not None:
            ends = sorted(sign * end for end in (one.interval.low, one.interval.high)) if one.interval else [None, None]
            yield {
                "name": figure_name(metric.name),
                "value": sign * one.value,
                "slice": path.removeprefix(metric.name)[1:-1] or None,
                "n": one.n,
                "low": ends[0],
                "high": ends[1],
            }


def figure_name(metric: str) -> str:
    """As policies name it."""
    known = re.sub(r"[^a-z0-9._-]", "_", metric.lower().removeprefix("neg_"))[:128].lstrip("._-") or "unnamed"
    return "brier" if known == "brier_score" else known
