"""A key ring in one file of mode 0600, for one machine or until there is a KMS."""

import fcntl
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenure_artifacts.durable import write_durably
from tenure_artifacts.errors import KeyInUse, KeyRingExposed, KeyRingMissing, KeyRingUnreadable, KeyUnknown
from tenure_artifacts.keys import KeyId, WrappedKey

NONCE_BYTES = 12
KEY_BYTES = 32


class LocalKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key-encryption key; a retired one still unwraps."""

    secret: bytes
    made_at: datetime
    retired_at: datetime | None = None

    def __repr__(self) -> str:
        return f"LocalKey(made_at={self.made_at:%Y-%m-%d})"  # never the secret: representations end up in logs


class _File(msgspec.Struct, frozen=True, kw_only=True):
    active: str
    keys: dict[str, LocalKey]


class LocalKeyRing:
    """Who loses the file loses every artifact: keep a copy elsewhere.

    Wraps have random nonces of 96 bits, so rotate before 2^32 wraps under one key (NIST SP 800-38D, section 8.3).
    """

    def __init__(self, path: Path, content: _File) -> None:
        self._path, self._content = path, content

    @classmethod
    def open(cls, path: Path) -> "LocalKeyRing":
        """Raises KeyRingMissing, KeyRingExposed, KeyRingUnreadable."""
        return cls(path, _read(path))

    @classmethod
    def open_or_make(cls, path: Path) -> "LocalKeyRing":
        """Makes a ring with one key where there is none; durable on return."""
        with _alone(path):
            if not path.exists():
                identity, key = _fresh(datetime.now(UTC))
                _write(path, _File(active=identity, keys={identity: key}))
            return cls.open(path)

    @property
    def active(self) -> KeyId:
        return KeyId(self._content.active)

    def keys(self) -> Mapping[str, LocalKey]:
        """By id."""
        return self._content.keys

    def rotate(self, now: datetime) -> KeyId:
        """A new active key, durable on return; the old ones still unwrap."""
        with _alone(self._path):
            content = _read(self._path)
            identity, key = _fresh(now)
            retired = msgspec.structs.replace(content.keys[content.active], retired_at=now)
            self._content = _File(active=identity, keys={**content.keys, content.active: retired, identity: key})
            _write(self._path, self._content)
        return self.active

    def forget(self, key: str) -> None:
        """A retired key, for ever: what it wraps is lost with it. Raises KeyUnknown, KeyInUse."""
        with _alone(self._path):
            content = _read(self._path)
            if key == content.active:
                raise KeyInUse(key, "is the active one: rotate first")
            if key not in content.keys:
                raise KeyUnknown(key)
            kept = {identity: one for identity, one in content.keys.items() if identity != key}
            self._content = _File(active=content.active, keys=kept)
            _write(self._path, self._content)

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return WrappedKey(self.active, wrap_under(self._content.keys[self.active].secret, data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes | None:
        return unwrap_under(self._secret(wrapped.key), wrapped.sealed, context)

    def _secret(self, key: KeyId) -> bytes:
        if key not in self._content.keys:
            self._content = _read(self._path)  # another process may have rotated
        if key not in self._content.keys:
            raise KeyUnknown(key)
        return self._content.keys[key].secret


def wrap_under(secret: bytes, data_key: bytes, context: bytes) -> bytes:
    """A random nonce and the sealed data key."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, data_key, context)


def unwrap_under(secret: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """None where the secret does not open it."""
    try:
        return AESGCM(secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        return None


def _fresh(now: datetime) -> tuple[str, LocalKey]:
    return f"local-{secrets.token_hex(8)}", LocalKey(secret=secrets.token_bytes(KEY_BYTES), made_at=now)


def _read(path: Path) -> _File:
    try:
        mode = path.stat().st_mode & 0o777
        raw = path.read_bytes()
    except FileNotFoundError:
        raise KeyRingMissing(path) from None
    if mode & 0o077:
        raise KeyRingExposed(path, f"{mode:o}")
    try:
        content = msgspec.json.decode(raw, type=_File)
    except msgspec.DecodeError as malformed:
        raise KeyRingUnreadable(path, str(malformed)) from None
    if content.active not in content.keys or any(len(key.secret) != KEY_BYTES for key in content.keys.values()):
        raise KeyRingUnreadable(path, "a key is missing or has a wrong length")
    return content


def _write(path: Path, content: _File) -> None:
    write_durably(path, msgspec.json.encode(content), mode=0o600)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other process changes the file meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
