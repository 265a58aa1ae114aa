"""Who lets people in: the token file, an issuer, or both?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tenure_service.settings import ServiceSettings
from tenure_service.tokens import SECRET_PREFIX, Authenticator, Principal, TokenStore


class TokensAndIssuer:
    """A token says by its prefix who made it; the issuer is not asked for Tenure's own, which work without it."""

    def __init__(self, tokens: Authenticator, issuer: Authenticator) -> None:
        self._tokens, self._issuer = tokens, issuer

    def principal(self, token: str) -> Principal | None:
        asked = self._tokens if token.startswith(SECRET_PREFIX) else self._issuer
        return asked.principal(token)

    def trouble(self) -> str | None:
        return self._tokens.trouble() or self._issuer.trouble()


@asynccontextmanager
async def open_authenticator(settings: ServiceSettings) -> AsyncIterator[Authenticator]:
    """The token file; where an issuer is set, its tokens too."""
    tokens = TokenStore(settings.tokens)
    if settings.oidc.issuer is None:
        yield tokens
        return
    from tenure_service.oidc import open_oidc  # its libraries are loaded only where there is an issuer

    async with open_oidc(settings.oidc) as issuer:
        yield TokensAndIssuer(tokens, issuer)
