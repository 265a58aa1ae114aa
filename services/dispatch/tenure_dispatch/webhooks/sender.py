"""What became of one try to deliver?"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from tenure_dispatch.outward import CONTENT_TYPE
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.webhooks.signature import signed
from tenure_dispatch.webhooks.targets import Address, Target, TargetRefused, Unresolved, addresses_of

MOST_ANSWER_BYTES = 65_536
MOST_CONNECTIONS = 8
MOST_ADDRESSES = 3
MOST_RETRY_AFTER_SECONDS = 86_400
GONE = 410
ABOUT_THE_EVENT = range(400, 500)
ABOUT_THE_RECEIVER = (401, 403, 404, 408, 429)  # of these every event would come back


@dataclass(frozen=True, slots=True)
class Outcome:
    """`failure` None: it was taken. `everything`: any other event would have failed as well."""

    failure: str | None = None
    status: int | None = None
    everything: bool = False
    retry_after_seconds: float | None = None

    @property
    def gone(self) -> bool:
        return self.status == GONE


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends to one subscriber; its connections are nobody else's, since they were checked for its host."""

    http: httpx.AsyncClient
    settings: DispatchSettings
    target: Target
    secrets: Callable[[], Sequence[str]]

    async def send(self, message_id: str, body: bytes) -> Outcome:
        """One try; raises nothing that a receiver can bring about."""
        try:
            async with asyncio.timeout(self.settings.attempt_seconds):
                return await self._tried(message_id, body)
        except TimeoutError:
            return Outcome(f"no answer within {self.settings.attempt_seconds:g} s", everything=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as lost:
            return Outcome(f"{type(lost).__name__}: {lost}"[:500], everything=True)
        except (TargetRefused, Unresolved) as why:
            return Outcome(str(why)[:500], everything=True)

    async def _tried(self, message_id: str, body: bytes) -> Outcome:
        addresses = await addresses_of(self.target, self.settings)
        headers = {
            "Host": self.target.authority,
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "Tenure-Dispatch/1",
            **signed(self.secrets(), message_id, int(time.time()), body),
        }
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError):  # nothing was sent: a host of several may be there under another one
                return await self._posted(address, body, headers)
        return await self._posted(last, body, headers)

    async def _posted(self, address: Address, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """The certificate must be the name's, though the connection is to the address that was checked."""
        by_name = {"sni_hostname": self.target.host}
        sent = self.http.stream("POST", self.target.at(address), content=body, headers=headers, extensions=by_name)
        async with sent as answer:
            await _passed_over(answer)
            return outcome_of(answer.status_code, answer.headers.get("retry-after"), datetime.now(UTC))


@asynccontextmanager
async def opened_client() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, timeout=None, trust_env=False, follow_redirects=False) as http:
        yield http


async def _passed_over(answer: httpx.Response) -> None:
    """What a receiver says is nothing to us; read to its end, the connection can be used again."""
    seen = 0
    async for part in answer.aiter_raw():
        seen += len(part)
        if seen > MOST_ANSWER_BYTES:
            return


def outcome_of(status: int, retry_after: str | None, now: datetime) -> Outcome:
    """Source: Standard Webhooks 1.0, "Delivery": 2xx is success, 410 ends the subscription, a redirect is a failure."""
    if 200 <= status < 300:
        return Outcome(status=status)
    everything = status not in ABOUT_THE_EVENT or status in ABOUT_THE_RECEIVER
    return Outcome(f"it answered {status}", status, everything, seconds_of(retry_after, now))


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """Seconds, or a date. Source: RFC 9110, section 10.2.3."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(min(int(retry_after), MOST_RETRY_AFTER_SECONDS))
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    wait = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(0.0, wait), float(MOST_RETRY_AFTER_SECONDS))
