"""A connection over which brokers are administered."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.api import Request

from tenure_eventlog.kafka_settings import REQUEST_MS, KafkaSettings, started
from tenure_eventlog.port import LogUnavailable

GRANTING = "`tenure topics apply` grants each service what is its own, and TENURE_KAFKA_PRINCIPALS says who is who"
FORBIDDEN = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)


class Admin(AIOKafkaAdminClient):  # type: ignore[misc]  # aiokafka has no types that mypy may follow
    """Also asks what aiokafka's own client has no method for."""

    async def ask(self, request: Request) -> Any:
        """Any broker's answer; one that only the controller can give is passed on to it (KRaft, KIP-590)."""
        return await self._send_request(request)


@asynccontextmanager
async def administering(settings: KafkaSettings) -> AsyncGenerator[Admin, None]:
    """Raises LogUnavailable where no broker answers, or none any more."""
    client = Admin(bootstrap_servers=settings.bootstrap, request_timeout_ms=REQUEST_MS, **settings.security)
    admin = await started(client, settings)
    try:
        yield admin
    except (KafkaError, OSError, TimeoutError) as lost:
        raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
    finally:
        await admin.close()
