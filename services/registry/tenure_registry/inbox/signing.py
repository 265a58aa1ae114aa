"""Whose record is it? HMAC-SHA-256 over what the record says, under a key that never travels."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from tenure_codec.envelope import Header, digest

KEY_HEADER, SIGNATURE_HEADER = "tenure-key", "tenure-signature"
PREFIX = b"tenure/inbox/1\n"
SCHEME = "v1="


def signature_of(secret: str, headers: Sequence[Header], value: bytes) -> str:
    """`v1=` and hex, over PREFIX and the hex digest of DESIGN 3: `ce_*`, content-type and value.

    Raises TypeError where a covered header is null.
    """
    return SCHEME + hmac.new(secret.encode(), PREFIX + digest(headers, value).encode(), sha256).hexdigest()


def signed(secret: str, headers: Sequence[Header], value: bytes, signature: str) -> bool:
    """Compared in constant time. Raises TypeError as `signature_of`."""
    made = signature_of(secret, headers, value)
    return hmac.compare_digest(made.encode(), signature.encode("utf-8", "replace"))


def sign(key: str, secret: str, headers: Sequence[Header], value: bytes) -> tuple[Header, ...]:
    """The headers with key id and signature, as a producer appends them."""
    made = signature_of(secret, headers, value)
    return (*headers, (KEY_HEADER, key.encode()), (SIGNATURE_HEADER, made.encode()))
