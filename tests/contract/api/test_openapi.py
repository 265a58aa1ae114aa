"""Does every endpoint stand in a document that follows the standard?"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tenure.services import definition_of
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import ServiceSettings, TokenStore, open_platform


@pytest.fixture(params=["registry", "context-sync", "rollout", "monitor"])
async def document(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> AsyncIterator[dict[str, object]]:
    log = MemoryLog()
    await log.create_topics(ALL_TOPICS)
    definition = definition_of(request.param)
    settings = ServiceSettings(log="memory:", database=database, tokens=tmp_path / "tokens.json")
    tokens = TokenStore(settings.tokens)
    async with open_platform(settings, [definition], event_log=log, authenticator=tokens) as platform:
        transport = httpx.ASGITransport(platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield (await http.get(f"{definition.prefix}/openapi.json")).json()


async def test_the_document_is_openapi_3_1_and_names_every_common_endpoint(document: dict[str, object]) -> None:
    assert str(document["openapi"]).startswith("3.1")
    paths = document["paths"]
    assert isinstance(paths, dict)
    assert {"/healthz", "/readyz", "/metrics", "/positions", "/state-digest", "/clock", "/orphans"} <= set(paths)


async def test_every_operation_has_its_own_id(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert isinstance(paths, dict)
    ids = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(ids) == len(set(ids))
