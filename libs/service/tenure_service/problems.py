"""How does each way of failing look to a caller? RFC 9457, with a stable `type` for each."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path
from tenure_decider import Rejected
from tenure_eventlog import LogUnavailable, MessageTooLarge, OffsetOutOfRange, OutcomeUnknown
from tenure_journal import CommandIdReused, JournalError, RaceLost, SequenceMismatch, StillInDoubt

STATUS = {"conflict": 409, "unknown": 404, "forbidden": 403, "invalid": 422}
JOURNAL_STATUS: dict[type[JournalError], int] = {RaceLost: 409, SequenceMismatch: 412, CommandIdReused: 422}
RETRY = {"Retry-After": "1"}
HTTP_KINDS = {404: "no-such-path", 405: "method-not-allowed", 413: "body-too-large"}
STANDARD = ("type", "title", "status", "detail")

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is a problem; `kind` becomes its type."""

    def __init__(self, status: int, kind: str, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.facts = status, kind, detail, facts


def not_found(what: str) -> Problem:
    """404 for a thing that a reader asked for by name."""
    return Problem(404, "not-found", f"there is no {what}")


def problem(
    status: int,
    type_: str,
    detail: str,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response; facts are members beside the standard ones."""
    title = type_.rpartition(":")[2].replace("-", " ").capitalize()
    more = {name: value for name, value in (facts or {}).items() if name not in STANDARD}
    body = {"type": type_, "title": title, "status": status, "detail": detail, **more}
    content = orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, media_type="application/problem+json", headers=dict(headers or {}))


def respond(error: Exception) -> Response:
    """The problem of any failure; what is not known here is a bug and is logged as one."""
    match error:
        case Problem():
            return problem(error.status, urn(error.kind), error.detail, error.facts, _headers(error))
        case Rejected():
            return problem(STATUS[error.kind], error.problem_type(), str(error), error.facts())
        case JournalError():
            return _journal(error)
        case LogUnavailable():
            detail = f"the log can't be reached; nothing was done: {error}"
            return problem(503, urn("log-unavailable"), detail, None, RETRY)
        case StillInDoubt():
            return problem(503, urn("still-in-doubt"), str(error), None, RETRY)
        case OutcomeUnknown():
            return problem(503, urn("outcome-unknown"), str(error), None, RETRY)
        case OffsetOutOfRange():
            return problem(503, urn("log-truncated"), str(error), None, RETRY)
        case MessageTooLarge():
            return problem(413, urn("event-too-large"), str(error))
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            kind = HTTP_KINDS.get(error.status_code, "http-error")
            return problem(error.status_code, urn(kind), str(error.detail), None, error.headers)
        case _:
            log.error("unexpected_error", exc_info=error)
            return problem(500, urn("internal-error"), "something that should not happen did; the service's log has it")


def _headers(error: Problem) -> Mapping[str, str]:
    match error.status:
        case 401 if error.kind == "token-invalid":
            return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 429:
            return {"Retry-After": str(error.facts["retry_after_seconds"])}
        case 503:
            return RETRY
        case _:
            return {}


def urn(kind: str) -> str:
    return f"urn:tenure:problem:{kind}"


def type_of(refusal: Rejected | JournalError | Problem) -> str:
    """The stable name of what refused."""
    match refusal:
        case Rejected():
            return refusal.problem_type()
        case Problem():
            return urn(refusal.kind)
        case JournalError():
            name = type(refusal).__name__
            return urn("".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-"))


def _journal(error: JournalError) -> Response:
    status = JOURNAL_STATUS.get(type(error), 503)
    winner = getattr(error, "winner", None)
    facts = {"winner": winner._asdict()} if winner else None
    return problem(status, type_of(error), str(error), facts, RETRY if status == 503 else None)


def _invalid(error: RequestValidationError) -> Response:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return problem(400, urn("malformed-json"), "the body is not JSON")
    fields = [{"field": ".".join(str(p) for p in d["loc"]), "reason": d["msg"]} for d in details]
    named = "; ".join(f"{f['field']}: {f['reason']}" for f in fields)
    return problem(422, urn("invalid-request"), named, {"fields": fields})


def install(app: FastAPI) -> None:
    """Every failure of `app` becomes a problem."""
    known = (
        Problem,
        Rejected,
        JournalError,
        LogUnavailable,
        OutcomeUnknown,
        OffsetOutOfRange,
        MessageTooLarge,
        RequestValidationError,
        HTTPException,
        Exception,
    )
    for kind in known:
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    response = respond(error)
    if response.status_code == 405 and (allowed := _allowed(request)):
        response.headers["Allow"] = allowed
    return response


def _allowed(request: Request) -> str:
    """The methods of all ways that fit the path; Starlette names only those of the first route."""
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    ways = getattr(request.app.state, "ways", ())
    return ", ".join(sorted({way.method for way in ways if compile_path(way.path)[0].match(path)}))
