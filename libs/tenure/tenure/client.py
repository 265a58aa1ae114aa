"""How do Python programs talk to Tenure? Idempotent, retried, and always reading their own writes."""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import stamina

ATTEMPTS = 5
TIMEOUT_SECONDS = 60.0


class ProblemError(Exception):
    """What the service answered instead: RFC 9457. `type` names the broken rule."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('title', status)}: {problem.get('detail', '')}")
        self.status, self.problem = status, problem
        self.type: str = str(problem.get("type", "about:blank"))


class _Unavailable(Exception):
    def __init__(self, error: ProblemError) -> None:
        self.error = error


class _Session:
    """What both clients share: headers on the way out, offsets and problems on the way back."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._seen: dict[str, int] = {}

    def headers(self, key: str | None, more: Mapping[str, str] | None) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self._token}", **(more or {})}
        if key is not None:
            found["Idempotency-Key"] = key
        if self._seen:
            found["Tenure-At-Least"] = json.dumps(self._seen)
        return found

    def read(self, answer: httpx.Response) -> Any:
        if answer.status_code == 304:
            return None
        if answer.is_success:
            for name, offset in json.loads(answer.headers.get("tenure-offsets", "{}")).items():
                self._seen[name] = max(offset, self._seen.get(name, 0))
            return answer.json() if answer.content else None
        try:
            problem = answer.json()
        except ValueError:
            problem = {"title": answer.reason_phrase, "detail": answer.text[:500]}
        error = ProblemError(answer.status_code, problem)
        raise _Unavailable(error) if answer.status_code == 503 else error


class Client:
    """A synchronous client of one origin. Every mutation carries a key, so that a retry is harmless."""

    def __init__(self, url: str, token: str) -> None:
        self._session = _Session(token)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The answer's JSON; None for 304. Raises ProblemError."""
        return self._send("GET", path, None, None, headers, {k: v for k, v in query.items() if v is not None})

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A command's receipt. Retried under the same key while the service is unavailable. Raises ProblemError."""
        return self._send("POST", path, body, key or str(uuid4()), headers, {})

    def put(self, path: str, body: Any) -> Any:
        """The answer's JSON. Raises ProblemError."""
        return self._send("PUT", path, body, None, None, {})

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        key: str | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, Any],
    ) -> Any:
        try:
            for attempt in stamina.retry_context(on=(_Unavailable, httpx.TransportError), attempts=ATTEMPTS):
                with attempt:
                    sent = self._session.headers(key, headers)
                    answer = self._http.request(method, path, json=body, headers=sent, params=query)
                    return self._session.read(answer)
        except _Unavailable as last:
            raise last.error from None


class AsyncClient:
    """The same for asyncio."""

    def __init__(self, url: str, token: str) -> None:
        self._session = _Session(token)
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The answer's JSON; None for 304. Raises ProblemError."""
        return await self._send("GET", path, None, None, headers, {k: v for k, v in query.items() if v is not None})

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A command's receipt. Retried under the same key while the service is unavailable. Raises ProblemError."""
        return await self._send("POST", path, body, key or str(uuid4()), headers, {})

    async def put(self, path: str, body: Any) -> Any:
        """The answer's JSON. Raises ProblemError."""
        return await self._send("PUT", path, body, None, None, {})

    async def _send(
        self,
        method: str,
        path: str,
        body: Any,
        key: str | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, Any],
    ) -> Any:
        try:
            async for attempt in stamina.retry_context(on=(_Unavailable, httpx.TransportError), attempts=ATTEMPTS):
                with attempt:
                    sent = self._session.headers(key, headers)
                    answer = await self._http.request(method, path, json=body, headers=sent, params=query)
                    return self._session.read(answer)
        except _Unavailable as last:
            raise last.error from None
