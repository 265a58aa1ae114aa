"""With which keys does the issuer sign just now?"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import msgspec
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key

from tenure_service.problems import Problem
from tenure_service.settings import OidcSettings, confidential

DISCOVERY = "/.well-known/openid-configuration"
NOT_READ_AGAIN = "were not read again in time"
FETCH_SECONDS = 10.0
REST_SECONDS = 5.0
MOST_BYTES = 1_048_576
MOST_KEYS = 100
MOST_WANTED = 1_000
LEAST_RSA_BITS = 2_048
# What joserfc and cryptography raise for keys and tokens that are not what they should be.
UNREADABLE = (JoseError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, RecursionError)

Document = TypeVar("Document")
log = structlog.get_logger()


class Discovery(msgspec.Struct):
    """What of the issuer's metadata is needed. Source: OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    jwks_uri: str


class PublishedKeys(msgspec.Struct):
    """Source: RFC 7517, section 5."""

    keys: list[dict[str, object]]


class IssuerWrong(Exception):
    """What the issuer's address answers is not what a relying party may believe."""


class IssuerKeys:
    """The issuer's keys, read again in the background. Nothing that is asked of them waits for the network.

    While the issuer is away the last ones stay good for `keys_good_seconds`.
    """

    def __init__(
        self, settings: OidcSettings, http: httpx.AsyncClient, rest_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._http, self._rest_seconds, self._now = settings, http, rest_seconds, now
        self._issuer = settings.issuer or ""
        self._held = KeySet([])
        self._good_until = 0.0
        self._trouble: str | None = "were never read"
        self._wanted: set[str] = set()
        self._absent: set[str] = set()
        self._asked = asyncio.Event()

    def current(self) -> KeySet:
        """The same object until the keys change. Raises Problem 503 where none are good."""
        if self._now() >= self._good_until:
            why = self._trouble or NOT_READ_AGAIN
            raise Problem(503, "issuer-away", f"no token of {self._issuer} can be judged: its keys {why}")
        return self._held

    def missing(self, key_id: str) -> Problem:
        """Why a token that names this key is not let in; asks for the keys again soon.

        503 until they were read after the first token that names it: it may be a new key. 401 from then on.
        """
        if len(self._wanted) < MOST_WANTED:
            self._wanted.add(key_id)
        self._asked.set()
        if key_id in self._absent:
            return Problem(401, "token-invalid", f"{self._issuer} has no key {key_id!r}")
        return Problem(503, "key-not-read", f"the keys of {self._issuer} are being read for {key_id!r}; try again")

    def trouble(self) -> str | None:
        """Why the keys may be old; None while the issuer answers."""
        good = self._now() < self._good_until
        if good and self._trouble is None:
            return None
        until = f"the last ones are good until {datetime.fromtimestamp(self._good_until, UTC):%Y-%m-%d %H:%M:%S}Z"
        last = until if good else "none of its tokens can be judged"
        return f"the keys of {self._issuer} {self._trouble or NOT_READ_AGAIN}; {last}"

    async def refresh(self) -> None:
        """Reads the keys; where that fails, the last ones stay and `trouble` says why."""
        wanted, self._wanted = self._wanted, set()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                fresh = await self._fetch()
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, IssuerWrong, TimeoutError) as why:
            self._trouble = f"can't be read: {type(why).__name__} {why}".rstrip()
            self._asked.set()
            log.warning("oidc_keys_not_read", issuer=self._issuer, reason=self._trouble)
            return
        if fresh != self._held:
            self._held = fresh
            log.info("oidc_keys_changed", issuer=self._issuer, keys=[key.kid for key in fresh])
        self._absent = wanted
        self._good_until = self._now() + self._settings.keys_good_seconds
        self._trouble = None

    async def refresh_on(self) -> None:
        """Without end: at each interval, and earlier when asked, but never without a rest, whoever asks."""
        while True:
            await asyncio.sleep(self._rest_seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.refresh_seconds):
                    await self._asked.wait()
            self._asked.clear()
            await self.refresh()

    async def _fetch(self) -> KeySet:
        found = await self._read(self._issuer.rstrip("/") + DISCOVERY, Discovery)
        if found.issuer != self._issuer:
            raise IssuerWrong(f"it says that it is {found.issuer!r}: set TENURE_OIDC_ISSUER to what it is, exactly")
        if not confidential(found.jwks_uri):
            raise IssuerWrong(f"its keys are not behind TLS: {found.jwks_uri}")
        keys = list(_usable(await self._read(found.jwks_uri, PublishedKeys)))
        if not keys:
            raise IssuerWrong("it publishes no key to verify signatures with")
        return KeySet(keys)

    async def _read(self, url: str, kind: type[Document]) -> Document:
        content = bytearray()
        async with self._http.stream("GET", url) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise IssuerWrong(f"{url} answers with over {MOST_BYTES} bytes")
        return msgspec.json.decode(content, type=kind)


def _usable(published: PublishedKeys) -> Iterator[Key]:
    """Those that can verify a signature. One that is not understood spoils nothing (RFC 7517, section 5)."""
    for described in published.keys[:MOST_KEYS]:
        try:
            key = import_key(described)  # type: ignore[arg-type]  # what is not a key's description raises
        except UNREADABLE:
            continue
        # A shared secret would let everybody who may read the keys sign.
        if isinstance(key, ECKey | OKPKey) or (isinstance(key, RSAKey) and key.public_key.key_size >= LEAST_RSA_BITS):
            yield key
