"""Who is it, by a token that an OpenID Connect issuer signed?"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import NamedTuple

import httpx
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import GuestProtocol, KeySet
from joserfc.jws import JWSRegistry
from tenure_eventlog.beside import beside

from tenure_service.oidc_claims import principal_of
from tenure_service.oidc_keys import REST_SECONDS, UNREADABLE, IssuerKeys
from tenure_service.problems import Problem
from tenure_service.settings import OidcSettings
from tenure_service.tokens import Principal

TOKEN_BYTES = 16_384
MOST_REMEMBERED = 10_000
ACCESS_TOKENS = (None, "jwt", "at+jwt", "application/at+jwt")


class Verified(NamedTuple):
    """`until` is the token's `exp`, a Unix time."""

    principal: Principal
    until: float


class OidcAuthenticator:
    """Verifies access tokens. Algorithms come from the settings, keys from the issuer, neither from the token.

    Source: RFC 9068, section 4; RFC 8725 for what must not be believed.
    """

    def __init__(self, settings: OidcSettings, keys: IssuerKeys, now: Callable[[], float] = time.time) -> None:
        self._settings, self._keys, self._now = settings, keys, now
        # Unknown headers are harmless: only those listed in `crit` must be understood, and that is still checked.
        self._registry = JWSRegistry(algorithms=settings.algorithms, strict_check_header=False)
        self._rules = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=settings.leeway_seconds,
            iss={"essential": True, "value": settings.issuer or ""},
            aud={"essential": True, "value": settings.audience or ""},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._verified: dict[bytes, Verified] = {}
        self._verified_by = KeySet([])

    def principal(self, token: str) -> Principal:
        """Raises Problem 401 saying what is wrong, 503 while that can't be said."""
        if len(token) > TOKEN_BYTES:
            raise invalid(f"it has over {TOKEN_BYTES} characters")
        self._demand_same_keys()
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is None or known.until <= self._now():
            known = self._verify(token)
            self._remember(digest, known)
        return known.principal

    def trouble(self) -> str | None:
        """Why tokens may be judged by old keys, or not at all."""
        return self._keys.trouble()

    def _demand_same_keys(self) -> None:
        """What a withdrawn key has signed is not remembered either."""
        current = self._keys.current()
        if current is not self._verified_by:
            self._verified, self._verified_by = {}, current

    def _verify(self, token: str) -> Verified:
        try:
            found = jwt.decode(token, self._key_for, registry=self._registry)
            self._rules.validate(found.claims)
        except BadSignatureError:
            raise invalid("its signature is not the key's") from None
        except UNREADABLE as wrong:
            raise invalid(getattr(wrong, "description", "") or type(wrong).__name__) from None
        kind = found.header.get("typ")
        if (kind and kind.lower()) not in ACCESS_TOKENS:
            raise invalid(f"it is of type {kind!r}, not an access token")
        return Verified(principal_of(found.claims, self._settings), found.claims["exp"])

    def _key_for(self, signed: GuestProtocol) -> KeySet:
        """Called once the algorithm is found to be a configured one; the library picks by `kid`, `alg` and `use`."""
        key_id, keys = signed.headers().get("kid"), self._keys.current()
        if key_id is None and len(keys.keys) > 1:
            raise invalid("it does not say which key it was signed with")
        if isinstance(key_id, str) and all(key.kid != key_id for key in keys):
            raise self._keys.missing(key_id)
        return keys

    def _remember(self, digest: bytes, verified: Verified) -> None:
        self._verified[digest] = verified
        if len(self._verified) > MOST_REMEMBERED:
            del self._verified[next(iter(self._verified))]


def invalid(why: str) -> Problem:
    """401 for a token that is not believed."""
    return Problem(401, "token-invalid", f"this token is not good here: {why}")


@asynccontextmanager
async def open_oidc(
    settings: OidcSettings, rest_seconds: float = REST_SECONDS, now: Callable[[], float] = time.time
) -> AsyncIterator[OidcAuthenticator]:
    """Has read the keys once; an issuer that is away then is asked again and again, and keeps nobody waiting."""
    async with httpx.AsyncClient() as http:
        keys = IssuerKeys(settings, http, rest_seconds, now)
        await keys.refresh()
        async with beside(keys.refresh_on(), "oidc-keys"):
            yield OidcAuthenticator(settings, keys, now)
