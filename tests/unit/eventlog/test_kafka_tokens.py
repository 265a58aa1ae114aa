"""Access tokens for the brokers come from a token endpoint, and are used until shortly before they expire."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError
from tenure_eventlog.kafka_settings import ClientCredentials, security_of


class Endpoint(httpx.AsyncBaseTransport):
    """A token endpoint: numbers its tokens, and remembers what it was asked."""

    def __init__(self, expires_in: int, status: int = 200) -> None:
        self._expires_in, self._status = expires_in, status
        self.asked: list[dict[str, list[str]]] = []
        self.authorization = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(parse_qs((await request.aread()).decode()))
        self.authorization = request.headers["authorization"]
        body: dict[str, Any] = {"access_token": f"token-{len(self.asked)}", "expires_in": self._expires_in}
        return httpx.Response(self._status, json=body, request=request)


def provider(endpoint: Endpoint) -> ClientCredentials:
    return ClientCredentials("https://idp.example/token", "registry", "secret", "kafka", endpoint)


async def test_a_token_is_asked_for_once_while_it_is_good() -> None:
    endpoint = Endpoint(expires_in=3_600)
    tokens = provider(endpoint)
    assert [await tokens.token(), await tokens.token()] == ["token-1", "token-1"]
    assert endpoint.asked == [{"grant_type": ["client_credentials"], "scope": ["kafka"]}]
    assert endpoint.authorization == "Basic cmVnaXN0cnk6c2VjcmV0"


async def test_a_token_that_is_about_to_expire_is_not_used_again() -> None:
    tokens = provider(Endpoint(expires_in=29))
    assert [await tokens.token(), await tokens.token()] == ["token-1", "token-2"]


async def test_a_refusal_is_what_the_kafka_client_expects_of_a_lost_connection() -> None:
    with pytest.raises(KafkaConnectionError, match="401"):
        await provider(Endpoint(expires_in=3_600, status=401)).token()


async def test_a_bearer_token_goes_over_tls_only() -> None:
    settings = security_of({"TOKEN_URL": "https://idp.example/token", "CLIENT_ID": "registry", "CLIENT_SECRET": "s"})
    assert (settings["security_protocol"], settings["sasl_mechanism"]) == ("SASL_SSL", "OAUTHBEARER")
    assert settings["ssl_context"].check_hostname is True
