"""How much may a request hold, and how many may one principal send?"""

import time
from collections.abc import Callable, Sequence
from math import ceil

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenure_service.problems import Problem, problem, urn

BODY_BYTES = 1_048_576
LARGE_BODY_BYTES = 8 * 1_048_576
HEADER_BYTES = 32_768
MOST_IN_FLIGHT = 1_000
MOST_REMEMBERED = 10_000
BURST_SECONDS = 2.0


class Rates:
    """So many requests a second for each principal, `BURST_SECONDS` of them at once.

    Of a principal only the moment is kept at which its requests so far are worked off at that rate.
    Source: the generic cell rate algorithm, ITU-T I.371, annex A. The kept libraries for it take a thread or an await
    for each request.
    """

    def __init__(self, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._monotonic = per_second, monotonic
        self._worked_off: dict[str, float] = {}

    def demand(self, principal: str) -> None:
        """Counts one request. Raises Problem 429, with the seconds to wait; that one is not counted."""
        now = self._monotonic()
        free = max(now, self._worked_off.get(principal, now)) + 1 / self._per_second
        if free - now > BURST_SECONDS:
            wait = ceil(free - now - BURST_SECONDS)
            detail = f"one principal may send {self._per_second:g} requests a second here"
            raise Problem(429, "too-many-requests", detail, retry_after_seconds=wait)
        self._worked_off[principal] = free
        if len(self._worked_off) > MOST_REMEMBERED:
            self._worked_off = {who: at for who, at in self._worked_off.items() if at > now}


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
