"""Does every endpoint stand in a document that follows the standard?"""

from typing import Any

import httpx
import orjson
import pytest
from tenure.services import all_definitions

COMMON = {"/healthz", "/readyz", "/metrics", "/positions", "/state-digest", "/clock", "/orphans"}


@pytest.fixture
async def document(service: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await service.get("openapi.json")).json()
    return found


def ids_of(document: dict[str, Any]) -> list[str]:
    return [operation["operationId"] for path in document["paths"].values() for operation in path.values()]


async def test_the_document_is_openapi_3_1_and_names_every_common_endpoint(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= COMMON


async def test_every_operation_has_its_own_id(document: dict[str, Any]) -> None:
    assert len(ids_of(document)) == len(set(ids_of(document)))


async def test_the_document_says_that_a_token_is_needed_but_for_health_and_signed_webhooks(
    document: dict[str, Any],
) -> None:
    assert document["security"] == [{"token": []}]
    unguarded = {p for p, path in document["paths"].items() if any(o.get("security") == [] for o in path.values())}
    assert unguarded - {"/inbox/mlflow"} == {"/healthz", "/readyz", "/metrics"}


async def test_one_document_has_the_operations_of_all_services_under_their_prefixes(whole: httpx.AsyncClient) -> None:
    document = (await whole.get("openapi.json")).json()
    expected = {"/healthz", "/readyz", "/metrics", "/log/newest", "/clock"}
    for definition in all_definitions():
        one = (await whole.get(f"{definition.prefix}/openapi.json")).json()
        expected |= {definition.prefix + path for path in one["paths"]}
    assert set(document["paths"]) == expected
    assert len(ids_of(document)) == len(set(ids_of(document)))


async def test_every_schema_that_the_whole_document_names_is_in_it(whole: httpx.AsyncClient) -> None:
    text = (await whole.get("openapi.json")).content
    named = {part.split(b'"')[0].decode() for part in text.split(b'"#/components/schemas/')[1:]}
    assert named
    assert named <= set(orjson.loads(text)["components"]["schemas"])
