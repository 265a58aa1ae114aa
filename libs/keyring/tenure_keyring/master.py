"""Which key wraps the subjects' keys? One in a file of mode 0600, or in the environment."""

import os
from base64 import b64decode
from binascii import Error as NotBase64
from pathlib import Path

from tenure_artifacts.keys import KeyId, KeyRing, WrappedKey
from tenure_artifacts.local_keys import KEY_BYTES, LocalKeyRing, unwrap_under, wrap_under

from tenure_keyring.errors import MasterKeyMissing

VARIABLE = "TENURE_MASTER_KEY"


class EnvironmentMaster:
    """`name:base64 of 32 bytes`, several with commas between: the first is active, the others still unwrap."""

    def __init__(self, text: str) -> None:
        self._secrets = dict(_parsed(one) for one in text.split(","))

    @property
    def active(self) -> KeyId:
        return next(iter(self._secrets))

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return WrappedKey(self.active, wrap_under(self._secrets[self.active], data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes | None:
        secret = self._secrets.get(wrapped.key)
        if secret is None:
            raise MasterKeyMissing(f"keys are wrapped under {wrapped.key}: add it to {VARIABLE}")
        return unwrap_under(secret, wrapped.sealed, context)


def master_here(path: Path, *, make: bool = False) -> KeyRing:
    """From the environment where it is set, else from the file, which `make` lets be made; durable on return.

    Raises MasterKeyMissing, and for the file what `LocalKeyRing.open` does.
    """
    if text := os.environ.get(VARIABLE):
        return EnvironmentMaster(text)
    return LocalKeyRing.open_or_make(path) if make else LocalKeyRing.open(path)


def _parsed(text: str) -> tuple[KeyId, bytes]:
    name, _, encoded = text.strip().partition(":")
    try:
        secret = b64decode(encoded, validate=True)
    except NotBase64:
        secret = b""
    if not name or len(secret) != KEY_BYTES:
        raise MasterKeyMissing(f"{VARIABLE} is `name:base64 of {KEY_BYTES} bytes`, several with commas between")
    return KeyId(name), secret
