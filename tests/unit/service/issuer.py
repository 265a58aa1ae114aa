"""An OpenID Connect issuer on this machine: discovery, keys that rotate, real signatures."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from tenure_service.oidc_keys import DISCOVERY
from tenure_service.settings import OidcSettings

AUDIENCE = "https://tenure.example/api"
HOUR = 3_600


@cache
def key_named(key_id: str, algorithm: str = "RS256") -> Key:
    """A private key, made once a run: it takes a while."""
    about = {"kid": key_id, "alg": algorithm, "use": "sig"}
    match algorithm[:2]:
        case "ES":
            return ECKey.generate_key({"256": "P-256", "384": "P-384", "512": "P-521"}[algorithm[2:]], about)
        case "Ed":
            return OKPKey.generate_key("Ed25519", about)
        case _:
            return RSAKey.generate_key(2_048, about)


def signed(claims: dict[str, Any], key: Key, **header: Any) -> str:
    """A token that is honestly signed with `key`."""
    whole = {"alg": str(key.alg), "kid": key.kid, "typ": "at+jwt", **header}
    return jwt.encode(whole, claims, key, algorithms=[str(whole["alg"])])


@dataclass(slots=True)
class Issuer:
    """`published` are the keys in its key set; `asked` are the paths that it was asked for."""

    url: str
    published: list[Key] = field(default_factory=lambda: [key_named("first")])
    asked: list[str] = field(default_factory=list)
    away: bool = False
    calls_itself: str | None = None
    keys_at: str | None = None
    answers: dict[str, bytes] = field(default_factory=dict)

    def settings(self, **more: Any) -> OidcSettings:
        return OidcSettings(issuer=self.url, audience=AUDIENCE, **more)

    def claims(self, **more: Any) -> dict[str, Any]:
        """An engineer's, good for an hour; a claim that is given as None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "ada@example.com", "iat": now, "exp": now + HOUR}
        whole = {**usual, "tenure_roles": ["engineer"], **more}
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, **more: Any) -> str:
        return signed(self.claims(**more), self.published[0])

    def answer(self, path: str) -> bytes | None:
        if path in self.answers:
            return self.answers[path]
        if path == DISCOVERY:
            found = {"issuer": self.calls_itself or self.url, "jwks_uri": self.keys_at or f"{self.url}/keys"}
            return json.dumps(found).encode()
        if path == "/keys":
            return json.dumps({"keys": [key.as_dict(private=False) for key in self.published]}).encode()
        return None


@asynccontextmanager
async def local_issuer() -> AsyncIterator[Issuer]:
    """It listens on 127.0.0.1; while it is `away` it hangs up without an answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split(b" ", 2)[1].decode()
        if not issuer.away:
            issuer.asked.append(path)
            body = issuer.answer(path)
            status = "200 OK" if body is not None else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body or b'')}\r\nconnection: close\r\n\r\n"
            writer.write(head.encode() + (body or b""))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    issuer = Issuer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield issuer
