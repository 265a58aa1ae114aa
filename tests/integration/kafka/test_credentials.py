"""Who is let in, and what is whoever is not told?"""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from tenure_eventlog import CredentialsRefused, LogUnavailable, LogUntrusted, Message
from tenure_eventlog.topics import REGISTRY_EVENTS

from tests.integration.kafka.conftest import Opener
from tests.integration.kafka.secured import SecuredBroker
from tests.integration.kafka.tokens import token_endpoint

pytestmark = pytest.mark.kafka
MINE = [Message(REGISTRY_EVENTS.name, b"k", b"mine", (), 0)]


async def test_a_client_certificate_says_who_its_holder_is(secured: SecuredBroker, connect: Opener) -> None:
    registry = await connect(secured.with_certificate(secured.authority.issue("tenure-registry")))
    assert await registry.append(MINE)


async def test_a_bearer_token_says_who_its_holder_is(secured: SecuredBroker, connect: Opener) -> None:
    async with token_endpoint("tenure-registry") as url:
        registry = await connect(secured.with_token(url))
        assert await registry.append(MINE)


async def test_a_token_of_nobody_is_refused(secured: SecuredBroker, connect: Opener) -> None:
    async with token_endpoint("") as url:
        with pytest.raises(CredentialsRefused, match="TENURE_KAFKA_CLIENT_ID"):
            await connect(secured.with_token(url))


async def test_a_wrong_password_is_refused_by_name(secured: SecuredBroker, connect: Opener) -> None:
    with pytest.raises(CredentialsRefused, match="TENURE_KAFKA_USER"):
        await connect(secured.with_password("tenure-registry", PASSWORD="a guess"))


async def test_a_broker_that_another_authority_vouches_for_is_not_trusted(
    secured: SecuredBroker, connect: Opener
) -> None:
    with pytest.raises(LogUntrusted, match="TENURE_KAFKA_CA"):
        await connect(secured.with_password("tenure-registry", CA=str(secured.stranger.certificate)))


async def test_a_broker_that_goes_by_another_name_is_not_trusted(secured: SecuredBroker, connect: Opener) -> None:
    settings = secured.with_password("tenure-registry")
    elsewhere = replace(settings, bootstrap=settings.bootstrap.replace("127.0.0.1", "localhost"))
    with pytest.raises(LogUntrusted, match="localhost"):
        await connect(elsewhere)


@pytest.mark.parametrize("holder", ["nobody", "a stranger"])
async def test_without_the_right_client_certificate_the_hint_names_it(
    secured: SecuredBroker, connect: Opener, holder: str
) -> None:
    certificate = None if holder == "nobody" else secured.stranger.issue("tenure-registry")
    with pytest.raises(LogUnavailable, match="TENURE_KAFKA_CERT"):
        await connect(secured.with_certificate(certificate))


@pytest.mark.parametrize(
    ("setting", "named"), [("PASSWORD", "CredentialsRefused"), ("CA", "LogUntrusted")], ids=["password", "authority"]
)
def test_a_service_that_can_never_get_in_ends_with_one_line(secured: SecuredBroker, setting: str, named: str) -> None:
    wrong = str(secured.stranger.certificate)
    environment = {**os.environ, **secured.environment("tenure-registry", **{setting: wrong}), "TENURE_PORT": "0"}
    command = [sys.executable, "-m", "tenure", "serve", "registry"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"{named}: ")
    assert "Traceback" not in done.stderr
