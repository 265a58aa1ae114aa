"""Is what the page of rights grants enough for the services as they really are?"""

import asyncio
from pathlib import Path

import pytest
from tenure.cluster import free_port
from tenure.demo.platforms import child, ready
from tenure.services import MODULES, definition_of
from tenure_eventlog import Message
from tenure_eventlog.topics import OUTCOMES, PREDICTIONS
from tenure_ingest.faust_host import FaustHost
from tenure_monitor.processor import TelemetryProcessor
from tenure_service.tokens import TokenStore

from tests.integration.kafka.conftest import Opener
from tests.integration.kafka.secured import SecuredBroker

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.mark.parametrize("service", MODULES)
async def test_a_service_is_ready_with_the_rights_of_its_own_principal(
    secured: SecuredBroker, database: str, tmp_path: Path, service: str
) -> None:
    """Its topics' settings are checked, its replica has caught up, its clock was compared with the log's."""
    TokenStore(tmp_path / "tokens.json").ensure_owner(tmp_path / "owner-token")
    port = free_port()
    environment = {
        **secured.environment(f"tenure-{service}"),
        "TENURE_PORT": str(port),
        "TENURE_DATABASE": database,
        "TENURE_TOKENS": str(tmp_path / "tokens.json"),
    }
    async with child(["serve", service], environment) as process:
        await ready(f"http://127.0.0.1:{port}{definition_of(service).prefix}", process)
        assert process.returncode is None


async def test_a_processor_reads_what_it_may_as_a_member_of_the_group_that_it_may_join(
    secured: SecuredBroker, connect: Opener, database: str
) -> None:
    settings = secured.with_password("tenure-monitor")
    log = await connect(settings)
    await log.append([Message(PREDICTIONS.name, b"k", b"not a prediction", (), 0)])
    ends = await log.end_offsets([PREDICTIONS.name, OUTCOMES.name])
    host = FaustHost(log, settings, database, TelemetryProcessor(dict), worker="one")
    await host.start()
    try:
        async with asyncio.timeout(60):
            await host.passed(ends)
        assert await host.positions() == ends
    finally:
        await host.stop()


async def test_a_processor_that_may_not_join_its_group_says_so_and_what_to_do(
    secured: SecuredBroker, connect: Opener, database: str
) -> None:
    """A producer may see the topics, but is no member of anything."""
    settings = secured.with_password("tenure-producer")
    host = FaustHost(await connect(settings), settings, database, TelemetryProcessor(dict), worker="one")
    await host.start()
    try:
        async with asyncio.timeout(60):
            while "GroupAuthorizationFailedError" not in "; ".join(host.health()):
                assert "; ".join(host.health()) in ("", "it has not joined its group monitor.telemetry yet")
                await asyncio.sleep(0.02)
        assert "`tenure topics apply` grants each service what is its own" in "; ".join(host.health())
    finally:
        await host.stop()
