"""How is content named?"""

import re
from hashlib import sha256
from typing import NewType

from tenure_artifacts.errors import DigestMalformed

Digest = NewType("Digest", str)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def parse_digest(text: str) -> Digest:
    """Raises DigestMalformed."""
    if not _DIGEST.fullmatch(text):
        raise DigestMalformed(text)
    return Digest(text)


def digest_of(content: bytes) -> Digest:
    return named(sha256(content).digest())


def named(hashed: bytes) -> Digest:
    """From the 32 bytes of a SHA-256."""
    return Digest(f"sha256:{hashed.hex()}")


def hex_of(digest: Digest) -> str:
    return digest.removeprefix("sha256:")
