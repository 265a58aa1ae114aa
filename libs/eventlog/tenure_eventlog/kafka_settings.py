"""How are the brokers reached, and as whom?"""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from tenure_eventlog.port import CredentialsRefused, LogUnavailable, LogUntrusted

REQUEST_MS = 10_000
TOKEN_SECONDS = 10
RENEW_BEFORE_SECONDS = 30
STOP_SECONDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class KafkaSettings:
    """How to reach the brokers. `security` has aiokafka's names: security_protocol, sasl_mechanism, ssl_context, ..."""

    bootstrap: str
    replication: int = 1
    security: Mapping[str, Any]

    @classmethod
    def of(cls, address: str) -> "KafkaSettings":
        """From `kafka://host:port[,host:port]` and the environment: TENURE_KAFKA_REPLICATION, _USER, _PASSWORD,
        _MECHANISM, _CA, _CERT, _KEY; or _TOKEN_URL, _CLIENT_ID, _CLIENT_SECRET, _SCOPE for OAUTHBEARER."""
        env = {k.removeprefix("TENURE_KAFKA_"): v for k, v in os.environ.items() if k.startswith("TENURE_KAFKA_")}
        return cls(
            bootstrap=address.removeprefix("kafka://"),
            replication=int(env.get("REPLICATION", "1")),
            security=security_of(env),
        )


def security_of(env: Mapping[str, str]) -> dict[str, Any]:
    """aiokafka's arguments from the settings without their common prefix."""
    tls: dict[str, Any] = {}
    if "CA" in env or "TOKEN_URL" in env:  # a bearer token never goes over a wire in the clear
        context = ssl.create_default_context(cafile=env.get("CA"))
        if "CERT" in env:
            context.load_cert_chain(env["CERT"], env.get("KEY"))
        tls = {"ssl_context": context}
    if "TOKEN_URL" in env:
        tokens = ClientCredentials(env["TOKEN_URL"], env["CLIENT_ID"], env["CLIENT_SECRET"], env.get("SCOPE"))
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_provider": tokens,
            **tls,
        }
    if "USER" in env:
        return {
            "security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
            "sasl_mechanism": env.get("MECHANISM", "SCRAM-SHA-512"),
            "sasl_plain_username": env["USER"],
            "sasl_plain_password": env["PASSWORD"],
            **tls,
        }
    return {"security_protocol": "SSL", **tls} if tls else {}


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types that mypy may follow
    """Access tokens of a token endpoint, each used until shortly before it expires.

    Source: RFC 6749, section 4.4.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        scope: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._transport = url, transport
        self._auth = httpx.BasicAuth(client_id, client_secret)
        self._form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        self._asking = asyncio.Lock()
        self._token, self._good_until = "", 0.0

    async def token(self) -> str:
        """Raises KafkaConnectionError, which every caller within aiokafka expects, with the endpoint's reason."""
        async with self._asking:
            if time.monotonic() >= self._good_until:
                try:
                    await self._renew()
                except (httpx.HTTPError, ValueError, KeyError, TypeError) as refused:
                    raise KafkaConnectionError(f"no token from {self._url}: {refused!r}") from refused
            return self._token

    async def _renew(self) -> None:
        async with httpx.AsyncClient(transport=self._transport, timeout=TOKEN_SECONDS) as client:
            answer = (await client.post(self._url, data=self._form, auth=self._auth)).raise_for_status().json()
        self._token = str(answer["access_token"])
        self._good_until = time.monotonic() + float(answer.get("expires_in", 0)) - RENEW_BEFORE_SECONDS


async def started(client: Any, settings: KafkaSettings) -> Any:
    """The started client.

    Raises CredentialsRefused, LogUntrusted; LogUnavailable with the reason, which aiokafka itself only logs.
    """
    try:
        await client.start()
    except (KafkaError, OSError, TimeoutError) as lost:
        await stopped(client)
        reason = await _knock(settings) if settings.security else None
        raise reason or LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
    if settings.security.get("sasl_mechanism") == "OAUTHBEARER" and not _welcome(client):
        await stopped(client)
        raise CredentialsRefused(f"{settings.bootstrap} does not take the token that TENURE_KAFKA_CLIENT_ID gets")
    return client


def _welcome(client: Any) -> bool:
    """A broker refuses a token in a message that aiokafka takes for a welcome, and then names no brokers to it.

    Source: RFC 7628, section 3.2.2; `OAuthAuthenticator` of aiokafka 0.14.
    """
    cluster = (client.client if hasattr(client, "client") else client._client).cluster
    return any(not cluster.is_bootstrap(broker.nodeId) for broker in cluster.brokers())


async def stopped(client: Any) -> None:
    """Ends a client, or gives it up; whatever that raises is of no use to anybody.

    aiokafka raises CancelledError where a fetch was just about to be tried again, which must not end who asked.
    """
    stopping = asyncio.ensure_future(client.stop() if hasattr(client, "stop") else client.close())
    stopping.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([stopping], timeout=STOP_SECONDS)
    stopping.cancel()


async def _knock(settings: KafkaSettings) -> LogUnavailable | None:
    """Why the first broker does not let us in, None where it does."""
    host, port, _ = collect_hosts(settings.bootstrap)[0]
    try:
        connection = await create_conn(host, port, request_timeout_ms=REQUEST_MS, **settings.security)
    except (KafkaError, OSError, TimeoutError) as refused:
        return _named(refused, f"{host}:{port}", "ssl_context" in settings.security)
    connection.close()
    return None


def _named(refused: Exception, broker: str, tls: bool) -> LogUnavailable:
    match refused:
        case SaslAuthenticationFailed() | UnsupportedSaslMechanismError():
            return CredentialsRefused(f"{broker} does not take TENURE_KAFKA_USER and TENURE_KAFKA_PASSWORD: {refused}")
        case ssl.SSLCertVerificationError():
            return LogUntrusted(
                f"{broker} has no certificate that TENURE_KAFKA_CA vouches for: {refused.verify_message}"
            )
        case KafkaConnectionError() if tls:
            return LogUnavailable(f"{broker}: {refused}; does it want a client certificate (TENURE_KAFKA_CERT, _KEY)?")
        case _:
            return LogUnavailable(f"{broker}: {refused!r}")
