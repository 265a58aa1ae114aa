"""How is the state of one stream read thousands of times a second? Past FastAPI, and encoded once for each state."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from pydantic import TypeAdapter
from starlette.responses import Response
from starlette.routing import Route

from tenure_service.direct import Way
from tenure_service.moment import At, at_of
from tenure_service.problems import not_found
from tenure_service.requests import READERS, answer_encoded, at_least, demand, encoded, note
from tenure_service.tokens import Role

MOST_BYTES = 16 * 1_048_576
ENTRY_BYTES = 500  # about what an answer takes besides its body
SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamRead:
    """A GET that answers from one stream's state; `view` gives None where there is no such thing.

    What `view` gives must follow from what it is given, and from no clock: it is kept until the stream goes on.
    """

    path: str
    stream: Callable[[Mapping[str, str]], str]
    view: Callable[[At], object | None]
    answers: Any
    summary: str
    roles: tuple[Role, ...] = READERS
    sensitive: bool = False
    etag: Callable[[At], int] = lambda at: at.sequence


class Answers:
    """Encoded answers by path, each good for as long as its stream stands where it stood, with the very same state.

    States never change, so nothing has to be told when an answer is outdated. The longest kept ones go first.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: dict[str, tuple[object, int, bytes]] = {}

    def of(self, path: str, at: At) -> bytes | None:
        """The answer that was kept for this moment of the stream."""
        state, sequence, body = self._kept.get(path, (None, 0, None))
        return body if state is at.state and sequence == at.sequence else None

    def keep(self, path: str, at: At, body: bytes) -> None:
        self._forget(path)
        if _size(body) > self._most_bytes // 16:
            return
        self._kept[path] = (at.state, at.sequence, body)
        self._bytes += _size(body)
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, path: str) -> None:
        if kept := self._kept.pop(path, None):
            self._bytes -= _size(kept[2])


def _size(body: bytes) -> int:
    return len(body) + ENTRY_BYTES


class Reader:
    """The endpoint of one StreamRead."""

    def __init__(self, read: StreamRead, answers: Answers) -> None:
        self._read, self._answers = read, answers

    async def read(self, request: Request) -> Response:
        """Raises what becomes a problem."""
        read = self._read
        principal = demand(request, read.roles)
        await at_least(request)
        at = await at_of(request, read.stream(request.path_params))
        body = self._body(request, at)
        if read.sensitive:
            note(request, principal, "read")
        response = answer_encoded(request, body, read.etag(at))
        if not at.settled:
            response.headers["Tenure-Settled"] = "false"
        return response

    def _body(self, request: Request, at: At) -> bytes:
        path = request.scope["path"]
        known = self._answers.of(path, at)
        if known is not None:
            return known
        value = self._read.view(at)
        if value is None:
            raise not_found("such thing: " + ", ".join(f"{k} {v}" for k, v in request.path_params.items()))
        body = encoded(value)
        if not request.scope["query_string"]:  # a state of the past is not asked for again and again
            self._answers.keep(path, at, body)
        return body


def add_reads(app: FastAPI, reads: Sequence[StreamRead]) -> list[Way]:
    """Adds the routes, and their descriptions to the OpenAPI document; the ways to them past FastAPI."""
    answers = Answers()
    readers = {read.path: Reader(read, answers) for read in reads}
    app.router.routes += [Route(path, reader.read, methods=["GET"]) for path, reader in readers.items()]
    described = {read.path: _description(read) for read in reads}
    original = app.openapi

    def openapi() -> dict[str, Any]:
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for path, (description, named) in described.items():
            document["paths"].setdefault(path, {})["get"] = description
            schemas.update(named)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return [Way("GET", path, reader.read) for path, reader in readers.items()]


def _description(read: StreamRead) -> tuple[dict[str, Any], dict[str, Any]]:
    """The operation, and the schemas that it names."""
    schema = TypeAdapter(read.answers).json_schema(mode="serialization", ref_template=SCHEMAS + "{model}")
    named = schema.pop("$defs", {})
    names = [part[1:-1] for part in read.path.split("/") if part.startswith("{")]
    where = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    asked = [
        {"name": n, "in": "query", "required": False, "description": meaning, "schema": {"type": "string"}}
        for n, meaning in (("as_of", "instant or offset vector"), ("effective_at", "instant"))
    ]
    operation = {
        "summary": read.summary,
        "operationId": "get_" + re.sub(r"\W+", "_", read.path).strip("_"),
        "parameters": [*where, *asked],
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
    }
    return operation, named
