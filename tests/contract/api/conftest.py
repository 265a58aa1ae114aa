"""One service, and all of them, asked over HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tenure.services import MODULES, all_definitions, definition_of
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import ServiceDefinition, ServiceSettings, TokenStore, open_platform


@asynccontextmanager
async def asked(
    definitions: Sequence[ServiceDefinition], directory: Path, database: str, base: str
) -> AsyncIterator[httpx.AsyncClient]:
    log = MemoryLog()
    await log.create_topics(ALL_TOPICS)
    settings = ServiceSettings(log="memory:", database=database, tokens=directory / "tokens.json")
    tokens = TokenStore(settings.tokens)
    async with open_platform(settings, definitions, event_log=log, authenticator=tokens) as platform:
        transport = httpx.ASGITransport(platform.app)
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            yield http


@pytest.fixture(params=list(MODULES))
async def service(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one service, each in turn; paths are below its prefix."""
    definition = definition_of(request.param)
    async with asked([definition], tmp_path, database, f"http://test{definition.prefix}") as http:
        yield http


@pytest.fixture
async def whole(tmp_path: Path, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the origin of all services in one process."""
    async with asked(all_definitions(), tmp_path, database, "http://test") as http:
        yield http
