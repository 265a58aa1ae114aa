"""How does a gateway follow that Tenure knows nothing of? Something of its owner's is told, and answers what is so."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

import httpx
import msgspec
from tenure_dispatch.webhooks.signature import signed
from tenure_routing import Route

from tenure.actuators.gateway import GatewayAway, Traffic

ANSWER_SECONDS = 10.0
MOST_ANSWER_BYTES = 65_536
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Share(msgspec.Struct):
    release: str
    weight_percent: Percent


class Answer(msgspec.Struct):
    """`observed`: what the gateway does now, under whatever epoch it follows."""

    observed: list[Share]
    detail: str | None = None


_decode = msgspec.json.Decoder(Answer).decode


class Webhook:
    """The record is POSTed, signed as Standard Webhooks has it; the answer's body says what the gateway does.

    The same record has the same `webhook-id` each time: it is asked about by being told again. Nothing is followed
    where an answer leads elsewhere.
    """

    kind = "webhook"

    def __init__(
        self,
        url: str,
        secret: str,
        capabilities: Sequence[str],
        finest_percent: float,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.capabilities, self.finest_percent = tuple(capabilities), finest_percent
        self.address: str | None = url
        self._secret, self._transport = secret, transport
        self._told: Route | None = None
        self._answer: Answer | None = None

    async def apply(self, route: Route) -> None:
        self._answer = await self._post(route)
        self._told = route

    async def traffic(self) -> Traffic:
        """What it said to the last record, which is told again for it. Before there was one, nothing is known."""
        answer, self._answer = self._answer, None
        if answer is None and self._told is not None:
            answer = await self._post(self._told)
        if answer is None:
            return Traffic({})
        shares = {one.release: one.weight_percent for one in answer.observed if one.weight_percent}
        return Traffic(shares, answer.detail[:1_000] if answer.detail else None)

    async def _post(self, route: Route) -> Answer:
        body = msgspec.json.encode(asdict(route))
        message_id = str(uuid5(NAMESPACE_URL, f"{self.address} {route.deployment} {route.epoch}"))
        headers = {"Content-Type": "application/json", **signed([self._secret], message_id, int(time.time()), body)}
        try:
            return _decode(await self._posted(body, headers))
        except (httpx.HTTPError, httpx.InvalidURL) as away:
            raise GatewayAway(f"{self.address} can't be told: {type(away).__name__}: {away}") from away
        except (msgspec.DecodeError, UnicodeDecodeError) as odd:
            wanted = '{"observed": [{"release": "r1", "weight_percent": 100}]}'
            raise GatewayAway(f"{self.address} answered something else than {wanted}: {odd}") from None

    async def _posted(self, body: bytes, headers: dict[str, str]) -> bytes:
        found = b""
        async with (
            httpx.AsyncClient(timeout=ANSWER_SECONDS, transport=self._transport) as http,
            http.stream("POST", str(self.address), content=body, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise GatewayAway(f"{self.address} answered {answer.status_code}")
            async for part in answer.aiter_bytes():
                found += part
                if len(found) > MOST_ANSWER_BYTES:
                    raise GatewayAway(f"{self.address} answered over {MOST_ANSWER_BYTES} bytes")
        return found
