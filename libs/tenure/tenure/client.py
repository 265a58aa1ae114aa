"""How do Python programs talk to Tenure? Idempotent, retried, and always reading their own writes."""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import stamina
from httpx_sse import EventSource, ServerSentEvent

ATTEMPTS = 5
TIMEOUT_SECONDS = 60.0
SILENCE_SECONDS = 30.0
TRY_AGAIN = (502, 503, 504)
PROXY_LOST_IT = (502, 504)
OUTCOME_UNKNOWN = "urn:tenure:problem:outcome-unknown"


class ProblemError(Exception):
    """What the service answered instead: RFC 9457. `type` names the broken rule."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('title', status)}: {problem.get('detail', '')}")
        self.status, self.problem = status, problem
        self.type: str = str(problem.get("type", "about:blank"))


class _Unavailable(Exception):
    def __init__(self, error: ProblemError) -> None:
        self.error = error


@dataclass(slots=True)
class _Command:
    """One request over all its tries. `in_doubt_since` (monotonic): the last try whose outcome is not known."""

    method: str
    path: str
    body: Any
    key: str | None
    more: Mapping[str, str] | None
    query: Mapping[str, Any]
    in_doubt_since: float | None = None

    def doubt(self) -> None:
        if self.key is not None:
            self.in_doubt_since = time.monotonic()

    def headers(self) -> dict[str, str]:
        """The key, and how long the service must reckon with an earlier try that may still land."""
        found = dict(self.more or {})
        if self.key is not None:
            found["Idempotency-Key"] = self.key
        if self.in_doubt_since is not None:
            found["Tenure-Unanswered-Seconds"] = f"{time.monotonic() - self.in_doubt_since:.3f}"
        return found


class _Session:
    """What both clients share: headers on the way out, offsets and problems on the way back."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._seen: dict[str, int] = {}

    def request(self, command: _Command) -> dict[str, Any]:
        """The arguments of httpx's `request`."""
        headers = {"Authorization": f"Bearer {self._token}", **command.headers()}
        if self._seen:
            headers["Tenure-At-Least"] = json.dumps(self._seen)
        asked = {"method": command.method, "url": command.path, "headers": headers, "params": command.query}
        return asked if command.body is None else {**asked, "json": command.body}

    def read(self, command: _Command, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 304:
            return answer
        if answer.is_success:
            for name, offset in json.loads(answer.headers.get("tenure-offsets", "{}")).items():
                self._seen[name] = max(offset, self._seen.get(name, 0))
            return answer
        error = ProblemError(answer.status_code, _problem(answer))
        if answer.status_code in PROXY_LOST_IT or error.type == OUTCOME_UNKNOWN:
            command.doubt()
        raise _Unavailable(error) if answer.status_code in TRY_AGAIN else error

    def lost(self, command: _Command, failure: httpx.TransportError) -> None:
        """No answer came: the command may have been carried out, unless it was never sent."""
        if not isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            command.doubt()


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = answer.json()
    except ValueError:
        return {"title": answer.reason_phrase, "detail": answer.text[:500]}
    return found


def _json(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


class Client:
    """A synchronous client of one origin. Every mutation carries a key, so that a retry is harmless."""

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._session = _Session(token)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The answer's JSON; None for 304. Raises ProblemError."""
        asked = {name: value for name, value in query.items() if value is not None}
        return _json(self._send(_Command("GET", path, None, None, headers, asked)))

    def get_tagged(self, path: str, **query: Any) -> tuple[Any, str]:
        """The answer's JSON, and its ETag: as `If-Match` it makes sure that nobody changed it since. Raises
        ProblemError."""
        asked = {name: value for name, value in query.items() if value is not None}
        answer = self._send(_Command("GET", path, None, None, None, asked))
        return _json(answer), answer.headers.get("etag", "*")

    def get_bytes(self, path: str) -> bytes:
        """The answer's body. Raises ProblemError."""
        return (self._send(_Command("GET", path, None, None, None, {}))).content

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A command's receipt. Retried under the same key while the service is unavailable. Raises ProblemError."""
        return _json(self._send(_Command("POST", path, body, key or str(uuid4()), headers, {})))

    def put(self, path: str, body: Any, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """As `post`."""
        return _json(self._send(_Command("PUT", path, body, key or str(uuid4()), headers, {})))

    def delete(self, path: str, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """As `post`, without a body."""
        return _json(self._send(_Command("DELETE", path, None, key or str(uuid4()), headers, {})))

    def _send(self, command: _Command) -> httpx.Response:
        try:
            for attempt in stamina.retry_context(on=(_Unavailable, httpx.TransportError), attempts=ATTEMPTS):
                with attempt:
                    return self._session.read(command, self._asked(command))
        except _Unavailable as last:
            raise last.error from None
        raise AssertionError("the last try answers or raises")

    def _asked(self, command: _Command) -> httpx.Response:
        try:
            return self._http.request(**self._session.request(command))
        except httpx.TransportError as failure:
            self._session.lost(command, failure)
            raise


class AsyncClient:
    """The same for asyncio."""

    def __init__(self, url: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._session = _Session(token)
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The answer's JSON; None for 304. Raises ProblemError."""
        asked = {name: value for name, value in query.items() if value is not None}
        return _json(await self._send(_Command("GET", path, None, None, headers, asked)))

    async def get_tagged(self, path: str, **query: Any) -> tuple[Any, str]:
        """The answer's JSON, and its ETag: as `If-Match` it makes sure that nobody changed it since. Raises
        ProblemError."""
        asked = {name: value for name, value in query.items() if value is not None}
        answer = await self._send(_Command("GET", path, None, None, None, asked))
        return _json(answer), answer.headers.get("etag", "*")

    async def get_bytes(self, path: str) -> bytes:
        """The answer's body. Raises ProblemError."""
        return (await self._send(_Command("GET", path, None, None, None, {}))).content

    async def events(self, path: str, **query: Any) -> AsyncGenerator[ServerSentEvent]:
        """What a stream of server-sent events tells, its heartbeats too, as events without data; no retries.

        Raises ProblemError, and TransportError where it breaks off or stays silent for `SILENCE_SECONDS`.
        """
        command = _Command("GET", path, None, None, {"Accept": "text/event-stream"}, query)
        silence = httpx.Timeout(TIMEOUT_SECONDS, read=SILENCE_SECONDS)
        async with self._http.stream(**self._session.request(command), timeout=silence) as answer:
            if not answer.is_success:
                await answer.aread()
                raise ProblemError(answer.status_code, _problem(answer))
            async for event in EventSource(answer).aiter_sse():
                yield event

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A command's receipt. Retried under the same key while the service is unavailable. Raises ProblemError."""
        return _json(await self._send(_Command("POST", path, body, key or str(uuid4()), headers, {})))

    async def put(
        self, path: str, body: Any, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """As `post`."""
        return _json(await self._send(_Command("PUT", path, body, key or str(uuid4()), headers, {})))

    async def delete(self, path: str, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """As `post`, without a body."""
        return _json(await self._send(_Command("DELETE", path, None, key or str(uuid4()), headers, {})))

    async def _send(self, command: _Command) -> httpx.Response:
        try:
            async for attempt in stamina.retry_context(on=(_Unavailable, httpx.TransportError), attempts=ATTEMPTS):
                with attempt:
                    return self._session.read(command, await self._asked(command))
        except _Unavailable as last:
            raise last.error from None
        raise AssertionError("the last try answers or raises")

    async def _asked(self, command: _Command) -> httpx.Response:
        try:
            return await self._http.request(**self._session.request(command))
        except httpx.TransportError as failure:
            self._session.lost(command, failure)
            raise
