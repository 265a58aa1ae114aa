"""Evidence: recorded once, read by whoever may."""

from base64 import b64decode
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import At, Body, Name, Problem, ReceiptBody, StreamRead, Text, not_found

from tenure_registry import views
from tenure_registry.api.common import Asking, Count, Digest256, Finite, Producer, Reader, by, digest_of
from tenure_registry.model.commands import RecordEvidence
from tenure_registry.model.events import EvidenceRecorded
from tenure_registry.names import Digest, EvidenceKind, EvidenceVerdict, ModelVersion
from tenure_registry.parts import ContextRef, Metric
from tenure_registry.streams import model_stream

router = APIRouter()
MAX_REPORT_BYTES = 262_144


class MetricBody(Body):
    name: Name
    value: Finite
    slice: Text | None = None
    n: Count
    low: Finite | None = None
    high: Finite | None = None


class ContextBody(Body):
    context: Name
    revision: Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class NewEvidence(Body):
    """`report` is the report itself, base64, up to 256 KiB; a larger one is pushed as an artifact under its digest."""

    evidence: Name
    seen_digest: Digest256
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: Text
    tool_version: Text
    report_digest: Digest256
    report: Annotated[str, Field(max_length=MAX_REPORT_BYTES * 4 // 3 + 4)] | None = None
    contexts: Annotated[tuple[ContextBody, ...], Field(max_length=100)] = ()
    metrics: Annotated[tuple[MetricBody, ...], Field(max_length=2_000)] = ()


@router.post("/models/{model}/versions/{model_version}/evidence", status_code=201, response_model=ReceiptBody)
async def record_evidence(model: Name, model_version: Name, body: NewEvidence, mutation: Producer) -> Response:
    return await mutation.execute(recording(model_version, body, mutation), model_stream(model))


def recording(model_version: str, body: NewEvidence, asked: Asking) -> RecordEvidence:
    report = report_of(body)
    return RecordEvidence(
        evidence=body.evidence,
        model_version=ModelVersion(model_version),
        seen_digest=Digest(body.seen_digest),
        kind=body.kind,
        verdict=body.verdict,
        tool=body.tool,
        tool_version=body.tool_version,
        report_digest=Digest(body.report_digest),
        report=report,
        body_digest=None if report is None else digest_of(report),
        contexts=tuple(ContextRef(**dict(one)) for one in body.contexts),
        metrics=tuple(Metric(**dict(one)) for one in body.metrics),
        principal=by(asked),
        now=asked.now,
    )


def report_of(body: NewEvidence) -> bytes | None:
    if body.report is None:
        return None
    try:
        report = b64decode(body.report, validate=True)
    except ValueError as wrong:  # binascii.Error is one; a letter that is not ASCII is another
        raise Problem(422, "malformed-report", f"report is not base64: {wrong}") from None
    if len(report) > MAX_REPORT_BYTES:
        detail = f"a report of {len(report)} bytes is pushed as an artifact; here the limit is {MAX_REPORT_BYTES}"
        raise Problem(413, "report-too-large", detail)
    return report


@router.get("/models/{model}/versions/{model_version}/evidence/{evidence}/report")
async def read_report(model: Name, model_version: Name, evidence: Name, read: Reader) -> Response:
    """The report's bytes, from the log, as they were recorded."""
    at = await read.at(model_stream(model))
    version = at.state.versions.get(ModelVersion(model_version))
    found = version.evidence.get(evidence) if version else None
    if found is None:
        raise not_found(f"evidence {evidence} of {model} {model_version}")
    [(_, event)] = await read.replica.events(at.name, found.sequence, found.sequence)
    if not isinstance(event, EvidenceRecorded) or event.report is None:
        raise Problem(404, "report-elsewhere", f"the report is the artifact {found.said.report_digest}")
    read.note()
    media = "application/json" if is_json(event.report) else "application/octet-stream"
    return Response(event.report, 200, {"ETag": f'"{event.report_digest}"'}, media)


def is_json(content: bytes) -> bool:
    try:
        parsed: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(parsed, dict | list)


def ledger(at: At) -> list[views.EvidenceView] | None:
    version = at.state.versions.get(ModelVersion(at.params["model_version"]))
    return views.evidence_views(version) if version else None


READS = (
    StreamRead(
        path="/models/{model}/versions/{model_version}/evidence",
        stream=lambda params: model_stream(params["model"]),
        view=ledger,
        answers=list[views.EvidenceView],
        summary="The evidence ledger of one version, oldest first",
        sensitive=True,
    ),
)
