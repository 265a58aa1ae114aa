"""Does a request that goes past FastAPI get what FastAPI would have given?"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from tenure.services import all_definitions
from tenure_service import ServiceDefinition, platform
from tenure_service.direct import Way, ways_of
from tenure_service.headers import headers_of

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk, desk_over

VERSIONS = f"{MODELS}/delays/versions"
RANDOM = re.compile(r"p-[0-9a-f]{16}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # ids and digests
JSON = {"Content-Type": "application/json"}
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(DIGEST)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
fields = st.sampled_from(["model_version", "artifact_digest", "framework", "features", "snapshots", "metadata", "odd"])


@pytest.fixture
async def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Desk, Desk]]:
    """A desk, and one where FastAPI answers everything; each with the model that versions are of."""
    async with desk_over(tmp_path / "direct", requests_per_second=1_000_000) as quick:
        monkeypatch.setattr(platform, "Direct", lambda app, ways: app)
        async with desk_over(tmp_path / "fastapi", requests_per_second=1_000_000) as slow:
            for desk in (quick, slow):
                await desk.model(by="author")
            yield quick, slow


async def told(desk: Desk, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """What the client sees, but for what differs each time."""
    answer = await desk.ask(method, path, content=content, headers=dict(headers))
    shown = "\n".join([*(f"{name}: {value}" for name, value in answer.headers.items()), answer.text])
    return answer.status_code, RANDOM.sub("?", shown)


ODD_BODIES = {
    "none": b"",
    "cut off": b"{",
    "null": b"null",
    "a list": b"[]",
    "not UTF-8": b"\xff",
    "a surrogate's bytes": b'"\xed\xa0\x80"',
    "a lone surrogate": b'{"model_version": "\\ud800", "artifact_digest": ""}',
    "a byte order mark": b"\xef\xbb\xbf" + orjson.dumps(VERSION),
    "UTF-16": orjson.dumps(VERSION).decode().encode("utf-16"),
    "very deep": b"[" * 500 + b"]" * 500,
    "a wrong type inside": orjson.dumps({**VERSION, "metadata": {"n": 1}}),
    "a key twice": b'{"model_version": "v1", "model_version": "v2", "artifact_digest": "%s"}' % DIGEST.encode(),
}


@pytest.mark.parametrize("content", ODD_BODIES.values(), ids=ODD_BODIES)
async def test_a_body_that_is_not_plain_json_is_answered_the_same(both: tuple[Desk, Desk], content: bytes) -> None:
    quick, slow = both
    assert await told(quick, "POST", VERSIONS, content, JSON) == await told(slow, "POST", VERSIONS, content, JSON)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(document=VERSION)
@example(document={**VERSION, "features": ["hour", "hour"], "metadata": {"a": "b"}})
@given(document=st.dictionaries(fields, values, max_size=4) | values.map(lambda value: {**VERSION, "metadata": value}))
async def test_whatever_json_is_sent_is_answered_the_same(both: tuple[Desk, Desk], document: dict[str, Any]) -> None:
    quick, slow = both
    content = json.dumps(document).encode()
    assert await told(quick, "POST", VERSIONS, content, JSON) == await told(slow, "POST", VERSIONS, content, JSON)
    assert quick.runtime.replica.accepted == slow.runtime.replica.accepted


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "Application/JSON ; charset=utf-8"},
        {"Content-Type": "application/problem+json"},
        {**JSON, "Authorization": ""},
        {**JSON, "Authorization": "Bearer wrong"},
        {**JSON, "Idempotency-Key": ""},
        {**JSON, "If-Match": '"7"'},
        {**JSON, "Tenure-At-Least": "[]"},
        {**JSON, "Tenure-Time": "yesterday"},
    ],
    ids=repr,
)
async def test_whatever_headers_are_sent_it_is_answered_the_same(
    both: tuple[Desk, Desk], headers: dict[str, str]
) -> None:
    for content in (orjson.dumps(VERSION), b'{"odd": 1}'):
        quick, slow = [await told(desk, "POST", VERSIONS, content, headers) for desk in both]
        assert quick == slow


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{MODELS}/delays"),
        ("HEAD", f"{MODELS}/delays"),
        ("GET", f"{MODELS}/delays/"),
        ("GET", f"{MODELS}/none"),
        ("GET", f"{MODELS}/delays?as_of=yesterday"),
        ("GET", f"{MODELS}/delays/versions/v1"),
        ("GET", "/registry/v1/positions"),
        ("DELETE", f"{MODELS}/delays"),
        ("POST", f"{MODELS}/delays"),
        ("POST", f"{MODELS}/NOT-A-NAME/versions"),
        ("POST", f"{MODELS}/delays/versions/v1/stage"),
        ("GET", "/registry/v1"),
        ("GET", "/registry/v1/"),
        ("GET", "/registry/v11/models"),
        ("GET", "//registry/v1/models"),
        ("OPTIONS", MODELS),
    ],
)
async def test_whatever_is_asked_for_is_answered_the_same(both: tuple[Desk, Desk], method: str, path: str) -> None:
    quick, slow = [await told(desk, method, path, b'{"stage": "staging"}', JSON) for desk in both]
    assert quick == slow


async def test_a_repeated_header_counts_once_and_it_is_the_first(desk: Desk) -> None:
    scope = {"headers": [(b"idempotency-key", b"first"), (b"idempotency-key", b"second")], "type": "http"}
    assert headers_of(Request(scope)) == {"idempotency-key": "first"}


def test_every_mutation_and_every_read_by_name_goes_past_fastapi() -> None:
    slow = {(d.name, way.path) for d in all_definitions() for way in ways(d) if way.endpoint is None}
    assert slow == {
        ("context-sync", "/contexts"),
        ("context-sync", "/freshness"),
        ("context-sync", "/quarantine"),
        ("context-sync", "/snapshots"),
        ("context-sync", "/sources"),
        ("context-sync", "/subjects"),
        ("dispatch", "/events"),
        ("dispatch", "/subscriptions"),
        ("dispatch", "/subscriptions/{subscription}/dead-letters"),
        ("monitor", "/monitors"),
        ("monitor", "/quarantine"),
        ("monitor", "/telemetry/outcomes"),
        ("monitor", "/telemetry/predictions"),
        ("monitor", "/windows"),
        ("registry", "/inbox/mlflow"),
        ("registry", "/lineage/{node:path}"),
        ("registry", "/models"),
        ("registry", "/models/{model}/consumers"),
        ("registry", "/models/{model}/effective"),
        ("registry", "/models/{model}/versions/{model_version}/consumers"),
        ("registry", "/models/{model}/history"),
        ("registry", "/obligations"),
        ("registry", "/models/{model}/serving"),
        ("registry", "/models/{model}/versions/{model_version}/requirements"),
        ("registry", "/policies"),
        ("registry", "/versions"),
        ("rollout", "/actuators"),
        ("rollout", "/deployments"),
        ("rollout", "/freezes"),
        ("rollout", "/routes"),
    }


def ways(definition: ServiceDefinition) -> list[Way]:
    return [way for route in definition.router.routes if isinstance(route, APIRoute) for way in ways_of(route)]
