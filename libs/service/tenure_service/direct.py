"""Which requests are answered without FastAPI's machinery?

FastAPI finds route, dependencies and exit stacks anew for each request, in five layers of middleware; that costs more
than a decision does. The endpoints that most requests are for need little of it: parameters of the path, one body, one
principal. For them the way is found once, at start. A request that is not as it should be goes to FastAPI after all,
which says what is wrong; and FastAPI has all endpoints, for the others and for the OpenAPI document.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, NamedTuple, get_args

from fastapi import FastAPI, Request
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope, Send

from tenure_service.headers import headers_of
from tenure_service.problems import respond

Endpoint = Callable[[Request], Awaitable[Response]]
Maker = Callable[[Request], Awaitable[object]]


class NotPlain(Exception):
    """The request is FastAPI's to answer."""


class Way(NamedTuple):
    """`endpoint` None: FastAPI's. Of several ways that fit a path the first counts, as in FastAPI."""

    method: str
    path: str
    endpoint: Endpoint | None


class Direct:
    """In front of a FastAPI app; the endpoints find it as `request.app`."""

    def __init__(self, app: FastAPI, ways: Iterable[Way]) -> None:
        self._app = app
        self._ways: dict[str, list[tuple[re.Pattern[str], Endpoint | None]]] = {}
        for way in ways:
            self._ways.setdefault(way.method, []).append((compile_path(way.path)[0], way.endpoint))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint, params = self._way(scope) if scope["type"] == "http" else (None, {})
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "app": self._app, "path_params": params}, receive)
        try:
            response = await endpoint(request)
        except NotPlain:
            await self._app(scope, _again(await request.body(), receive), send)
            return
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - everything becomes a problem, as in FastAPI's routes
            response = respond(error)
        await response(scope, receive, send)

    def _way(self, scope: Scope) -> tuple[Endpoint | None, Mapping[str, str]]:
        path = scope["path"].removeprefix(scope["root_path"])
        for pattern, endpoint in self._ways.get(scope["method"], ()):
            if match := pattern.match(path):
                return endpoint, match.groupdict()
        return None, {}


def ways_of(route: APIRoute) -> list[Way]:
    """Past FastAPI, if the route takes parameters of the path, one JSON body, and what one `Depends` makes."""
    endpoint = _plain(route)
    return [Way(method, route.path, endpoint) for method in sorted(route.methods or ())]


def _plain(route: APIRoute) -> "_Plain | None":
    path, bodies, makers = dict[str, TypeAdapter[Any]](), dict[str, type[BaseModel]](), dict[str, Maker]()
    for name, parameter in signature(route.endpoint, eval_str=True).parameters.items():
        kind = parameter.annotation
        if parameter.default is not Parameter.empty:
            return None
        if name in route.param_convertors:
            path[name] = TypeAdapter(kind)
        elif maker := _maker(kind):
            makers[name] = maker
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            bodies[name] = kind
        else:
            return None
    if len(bodies) > 1 or len(makers) != 1:
        return None
    return _Plain(route.endpoint, path, next(iter(bodies.items()), None), next(iter(makers.items())))


def _maker(kind: object) -> Maker | None:
    """What makes a parameter out of the request alone."""
    for part in get_args(kind)[1:]:
        if isinstance(part, Depends) and part.dependency:
            parameters = signature(part.dependency, eval_str=True).parameters.values()
            if [parameter.annotation for parameter in parameters] == [Request]:
                return part.dependency
    return None


@dataclass(frozen=True, slots=True)
class _Plain:
    """An endpoint with all that it takes; `body` and `made` are by name."""

    endpoint: Callable[..., Awaitable[Response]]
    path: Mapping[str, TypeAdapter[Any]]
    body: tuple[str, type[BaseModel]] | None
    made: tuple[str, Maker]

    async def __call__(self, request: Request) -> Response:
        """Raises NotPlain before anything was done, and what the endpoint raises."""
        raw = await request.body()
        try:
            arguments = {name: reader.validate_python(request.path_params[name]) for name, reader in self.path.items()}
            if self.body:
                name, model = self.body
                arguments[name] = _read(model, request, raw)
        except ValidationError:
            raise NotPlain from None
        name, make = self.made
        return await self.endpoint(**arguments, **{name: await make(request)})


def _read(model: type[BaseModel], request: Request, raw: bytes) -> BaseModel:
    if headers_of(request).get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotPlain
    return model.model_validate_json(raw)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more, then what comes after it."""
    left = [body]

    async def receive_again() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return receive_again
