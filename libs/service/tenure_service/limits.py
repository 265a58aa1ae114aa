"""How much may a request hold?"""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenure_service.problems import problem, urn

BODY_BYTES = 1_048_576
LARGE_BODY_BYTES = 8 * 1_048_576
MOST_IN_FLIGHT = 1_000


class _TooLarge(Exception):
    pass


class Limits:
    """Bounds a body's size and the requests in flight, before anything is parsed. Plain ASGI, for speed."""

    def __init__(self, app: ASGIApp, large: Sequence[str]) -> None:
        self._app, self._large = app, tuple(large)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._in_flight >= MOST_IN_FLIGHT:
            busy = problem(503, urn("busy"), "too many requests are in flight", None, {"Retry-After": "1"})
            await busy(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self._bounded(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = LARGE_BODY_BYTES if scope["path"].endswith(self._large or ("\0",)) else BODY_BYTES
        declared = next((int(v) for k, v in scope["headers"] if k == b"content-length" and v.isdigit()), 0)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise _TooLarge
            return message

        try:
            if declared > most:
                raise _TooLarge
            await self._app(scope, counted, send)
        except _TooLarge:
            large = problem(413, urn("body-too-large"), f"a body here has at most {most} bytes")
            await large(scope, receive, send)
