"""Is what the page of rights grants enough for the services as they really are?"""

from pathlib import Path

import pytest
from tenure.cluster import free_port
from tenure.demo.platforms import child, ready
from tenure.services import MODULES, definition_of
from tenure_service.tokens import TokenStore

from tests.integration.kafka.secured import SecuredBroker

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.mark.parametrize("service", MODULES)
async def test_a_service_is_ready_with_the_rights_of_its_own_principal(
    secured: SecuredBroker, database: str, tmp_path: Path, service: str
) -> None:
    """Its topics' settings checked, its replica caught up, its processor a member of its group."""
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
