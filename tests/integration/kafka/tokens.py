"""A token endpoint on this machine."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def token_endpoint(subject: str) -> AsyncIterator[str]:
    """Its URL. It gives everybody tokens for `subject`, signed by nobody: the broker's test handler believes them."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"access_token": unsecured_token(subject), "expires_in": 300}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"


def unsecured_token(subject: str) -> str:
    """Source: RFC 7519, section 6."""
    claims = {"sub": subject, "iat": int(time.time()), "exp": int(time.time()) + 300}
    return ".".join([*(_encoded(part) for part in ({"alg": "none"}, claims)), ""])


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
