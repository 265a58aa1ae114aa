"""What does a sealed value look like, and how is it bound to its place?

`tenure.sealed.1.` and, in URL-safe base64, the key's id (16 bytes), a nonce (12), and AES-256-GCM's output. What is
authenticated beside it is the format, the key's id and the place, so that a value that was copied to another record
or field does not open there. Nonces are random: a key seals one subject's values for one purpose, which stays far
below 2^32 (NIST SP 800-38D, section 8.3).
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenure_keyring.errors import SealBroken
from tenure_keyring.port import KEY_ID_BYTES

PREFIX: Final = "tenure.sealed.1."
ERASED_TOKEN: Final = f"{PREFIX}erased"
"""Stands where a value about an erased subject came to the door: it was never sealed, only dropped."""

MAX_VALUE_BYTES = 16 * 1_048_576  # more than any log's record has
NONCE_BYTES, TAG_BYTES = 12, 16
_HEAD_BYTES = KEY_ID_BYTES + NONCE_BYTES
_FORMAT = b"tenure/sealed/1\n"


class Plain(NamedTuple):
    """A value to seal. `bound_to` names its record and field; it is not secret."""

    subject: str
    purpose: str
    bound_to: str
    value: str


class Sealed(NamedTuple):
    """A token, and the place at which it was found."""

    token: str
    bound_to: str


class Erased(NamedTuple):
    """What opens where the key was destroyed."""

    bound_to: str


def is_token(value: object) -> bool:
    """By its looks alone: who wrote it shows when it is opened."""
    return isinstance(value, str) and value.startswith(PREFIX)


def key_id_of(sealed: Sealed) -> bytes | SealBroken | None:
    """None of the erased token; what is wrong with one that is none."""
    if sealed.token == ERASED_TOKEN:
        return None
    raw = _parts(sealed)
    return raw if isinstance(raw, SealBroken) else raw[:KEY_ID_BYTES]


def seal_value(cipher: AESGCM, key_id: bytes, bound_to: str, value: str) -> str:
    """Raises SealBroken where the value is too long."""
    raw, nonce = value.encode(), secrets.token_bytes(NONCE_BYTES)
    if len(raw) > MAX_VALUE_BYTES:
        raise SealBroken(bound_to, f"would have {len(raw)} bytes; {MAX_VALUE_BYTES} are the most")
    sealed = cipher.encrypt(nonce, raw, _beside(key_id, bound_to))
    return PREFIX + urlsafe_b64encode(key_id + nonce + sealed).decode()


def open_value(cipher: AESGCM, sealed: Sealed) -> str | SealBroken:
    raw = _parts(sealed)
    if isinstance(raw, SealBroken):
        return raw
    beside = _beside(raw[:KEY_ID_BYTES], sealed.bound_to)
    try:
        return cipher.decrypt(raw[KEY_ID_BYTES:_HEAD_BYTES], raw[_HEAD_BYTES:], beside).decode()
    except InvalidTag:
        return SealBroken(sealed.bound_to, "was altered, or sealed for another place")


def _parts(sealed: Sealed) -> bytes | SealBroken:
    try:
        raw = urlsafe_b64decode(sealed.token.removeprefix(PREFIX).encode("ascii"))
    except (NotBase64, UnicodeEncodeError):
        return SealBroken(sealed.bound_to, "is no token")
    if not is_token(sealed.token) or len(raw) < _HEAD_BYTES + TAG_BYTES:
        return SealBroken(sealed.bound_to, "is no token")
    return raw


def _beside(key_id: bytes, bound_to: str) -> bytes:
    return _FORMAT + key_id + bound_to.encode()
