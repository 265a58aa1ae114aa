"""How is the state of one stream read thousands of times a second? Plain Starlette routes, msgspec inside."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from pydantic import TypeAdapter
from starlette.responses import Response
from starlette.routing import Route

from tenure_service.problems import not_found, respond
from tenure_service.requests import READERS, At, answer, at_least, at_of, demand, note
from tenure_service.tokens import Role

SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamRead:
    """A GET that answers from one stream's state; `view` gives None where there is no such thing."""

    path: str
    stream: Callable[[Mapping[str, str]], str]
    view: Callable[[At], object | None]
    answers: Any
    summary: str
    roles: tuple[Role, ...] = READERS
    sensitive: bool = False
    etag: Callable[[At], int] = lambda at: at.sequence


def add_reads(app: FastAPI, reads: "tuple[StreamRead, ...]") -> None:
    """Adds the routes, and their descriptions to the OpenAPI document."""
    for read in reads:
        app.router.routes.append(Route(read.path, _endpoint(read), methods=["GET"]))
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


def _endpoint(read: StreamRead) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            principal = demand(request, read.roles)
            await at_least(request)
            at = await at_of(request, read.stream(request.path_params))
            value = read.view(at)
            if value is None:
                raise not_found("such thing: " + ", ".join(f"{k} {v}" for k, v in request.path_params.items()))
            if read.sensitive:
                note(request, principal, "read")
            response = answer(request, value, read.etag(at))
            if not at.settled:
                response.headers["Tenure-Settled"] = "false"
            return response
        except Exception as error:  # noqa: BLE001 - everything becomes a problem, as in the other routes
            return respond(error)

    return endpoint


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
