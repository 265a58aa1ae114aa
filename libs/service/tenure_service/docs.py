"""Where does someone read what can be asked? On pages that come whole from this process, so that they work offline."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tenure_service.asyncapi import document
from tenure_service.definition import ServiceDefinition
from tenure_service.described import describe_alike

# The viewer's page has an inline script; nothing else may run, and nothing may be fetched from anywhere else.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'"
)
REF = b'"#/components/schemas/'
OPEN = ("/healthz", "/readyz", "/metrics")
MADE_BY = "of `tenure tokens create NAME --role ...`, or an access token of the issuer in TENURE_OIDC_ISSUER"
TOKEN = {"token": {"type": "http", "scheme": "bearer", "description": MADE_BY}}


class Described(NamedTuple):
    """An app, and where it is in this process."""

    name: str
    title: str
    prefix: str
    app: FastAPI


def viewer(title: str) -> list[BaseRoute]:
    """`/docs` over the `openapi.json` beside it. Addresses are relative: a proxy may put any prefix before them."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=title,
        swagger_js_url="docs/static/swagger-ui-bundle.js",
        swagger_css_url="docs/static/swagger-ui.css",
        swagger_favicon_url="docs/static/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers["Content-Security-Policy"] = POLICY

    async def show(request: Request) -> Response:
        return page

    return [Route("/docs", show), Mount("/docs/static", StaticFiles(packages=[("fastapi_offline", "static")]))]


def add_docs(app: FastAPI, definition: ServiceDefinition) -> None:
    """The viewer and the AsyncAPI document of one service."""
    ask_for_token(app)
    described = _json(lambda: document([definition], app.title))
    app.router.routes.extend([*viewer(app.title), Route("/asyncapi.json", described)])


def ask_for_token(app: FastAPI) -> None:
    """Its OpenAPI document says that a token is needed, and where not."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        whole = original()
        whole["components"]["securitySchemes"], whole["security"] = TOKEN, [{"token": []}]
        for path in OPEN:
            whole["paths"][path]["get"]["security"] = []
        describe_alike(whole)
        return whole

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def whole_docs(services: Sequence[Described], definitions: Sequence[ServiceDefinition]) -> list[BaseRoute]:
    """The viewer and both documents of all services of this process together."""
    return [
        *viewer("Tenure"),
        Route("/openapi.json", _json(lambda: merged(services))),
        Route("/asyncapi.json", _json(lambda: document(definitions, "Tenure"))),
    ]


def _json(make: Callable[[], dict[str, Any]]) -> Callable[[Request], Any]:
    made = cache(lambda: orjson.dumps(make()))

    async def answer(request: Request) -> Response:
        return Response(made(), media_type="application/json")

    return answer


def merged(services: Sequence[Described]) -> dict[str, Any]:
    """One OpenAPI document: paths with their prefixes; schemas and operation ids with their service's name."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service in services:
        whole = orjson.loads(orjson.dumps(service.app.openapi()).replace(REF, REF + f"{service.name}.".encode()))
        for path, operations in whole["paths"].items():
            for operation in operations.values():
                operation["operationId"] = f"{service.name}.{operation['operationId']}"
                operation["tags"] = [service.title]
            paths[service.prefix + path] = operations
        schemas |= {f"{service.name}.{name}": schema for name, schema in whole["components"]["schemas"].items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tenure", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": TOKEN},
    }
