"""How much may a request hold?"""

from collections.abc import Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenure_service.problems import problem, urn

BODY_BYTES = 1_048_576
LARGE_BODY_BYTES = 8 * 1_048_576
HEADER_BYTES = 32_768
MOST_IN_FLIGHT = 1_000


class Limits:
    """Bounds headers, bodies and the requests in flight, before anything is parsed. Plain ASGI, for speed.

    `answered` is told the status of every answer.
    """

    def __init__(
        self, app: ASGIApp, large: Sequence[str] = (), answered: Callable[[int], None] = lambda status: None
    ) -> None:
        self._app, self._large, self._answered = app, tuple(large), answered
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(message["status"])
            await send(message)

        if refusal := self._refusal(scope):
            await refusal(scope, receive, counted)
            return
        self._in_flight += 1
        try:
            await self._bounded(scope, receive, counted)
        finally:
            self._in_flight -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        if self._in_flight >= MOST_IN_FLIGHT:
            return problem(503, urn("busy"), "too many requests are in flight", None, {"Retry-After": "1"})
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            return problem(431, urn("headers-too-large"), f"the headers here have at most {HEADER_BYTES} bytes")
        return None

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = LARGE_BODY_BYTES if scope["path"].endswith(self._large or ("\0",)) else BODY_BYTES
        declared = next((int(v) for k, v in scope["headers"] if k == b"content-length" and v.isdigit()), 0)
        if declared > most:
            await problem(413, urn("body-too-large"), _too_large(most))(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413, _too_large(most))  # the one error that a body's parser lets through
            return message

        await self._app(scope, counted, send)


def _too_large(most: int) -> str:
    return f"a body here has at most {most} bytes"
