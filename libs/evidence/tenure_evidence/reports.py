"""What is one piece of evidence, as bytes that always digest alike?"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Literal

from pydantic import JsonValue, TypeAdapter, ValidationError

from tenure_evidence.errors import ReportRefused
from tenure_evidence.measures import Metric
from tenure_evidence.verdicts import Finding, Verdict, worst

MAX_REPORT_BYTES = 4_194_304

Kind = Literal["evaluation", "fairness", "robustness", "explanation", "artifact_scan", "prompt_injection", "import"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`subject_digest` names the artifact, as `sha256:<hex>`; `settings` is what it takes to make the report again.

    The verdict follows from the parts, so no report can claim more than they show.
    """

    kind: Kind
    tool: str
    tool_release: str
    subject_digest: str
    metrics: tuple[Metric, ...] = ()
    parts: tuple[Finding, ...] = ()
    settings: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        return worst(part.verdict for part in self.parts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the report is not passed, in the order of its parts; empty if it is."""
        if not self.parts:
            return ("no threshold was declared",)
        return tuple(f"{part.name}: {part.reason}" for part in self.parts if part.verdict != "passed")

    def to_bytes(self) -> bytes:
        """JSON in UTF-8, keys sorted, no white space, floats in shortest form. Raises ReportRefused if too large."""
        content = canonical(asdict(self) | {"verdict": self.verdict, "reasons": self.reasons})
        if len(content) > MAX_REPORT_BYTES:
            raise ReportRefused(f"{len(content)} bytes, the limit is {MAX_REPORT_BYTES}: declare fewer slices")
        return content

    @property
    def digest(self) -> str:
        return f"sha256:{sha256(self.to_bytes()).hexdigest()}"


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


_REPORT: TypeAdapter[Report] = TypeAdapter(Report)


def read_report(content: bytes) -> Report:
    """Raises ReportRefused for what is no report, or whose bytes differ from those that its own facts give."""
    if len(content) > MAX_REPORT_BYTES:
        raise ReportRefused(f"{len(content)} bytes, the limit is {MAX_REPORT_BYTES}")
    try:
        report = _REPORT.validate_json(content)
    except ValidationError as why:
        raise ReportRefused(f"not a report: {why}") from why
    if report.to_bytes() != content:
        raise ReportRefused("the report is not canonical, or states a verdict that its parts do not give")
    return report
