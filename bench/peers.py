"""How fast could HTTP be here at all? The same answer out of a raw ASGI app and of a Starlette route."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

BYTES = 2_048
BODY = b"{" + b" " * (BYTES - 2) + b"}"
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(BYTES).encode())]


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """The body is read, and nothing is made of it."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def route(request: Request) -> Response:
    await request.body()
    return Response(BODY, media_type="application/json")


APPS: dict[str, ASGIApp] = {
    "raw": raw,
    "route": Starlette(routes=[Route("/{rest:path}", route, methods=["GET", "POST"])]),
}


if __name__ == "__main__":
    uvicorn.run(APPS[sys.argv[1]], port=int(sys.argv[2]), access_log=False, log_level="warning", lifespan="off")
