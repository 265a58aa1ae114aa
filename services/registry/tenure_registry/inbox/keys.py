"""Which key speaks for which principal?"""

import fcntl
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from tenure_service.tokens import Principal, TokenStore, write_private

from tenure_registry.inbox.errors import KeysExposed, NotTaken

MOST_KEYS = 1_000
MOST_GRACE = timedelta(days=30)
OTHERS = 0o077


class InboxKey(msgspec.Struct, frozen=True, kw_only=True):
    """`principal` is the id of one of the token file. The secret is kept as it is: an HMAC can't be checked without."""

    principal: str
    secret: str
    made_at: datetime
    expires_at: datetime | None = None

    def expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


def keys_beside(tokens: Path) -> Path:
    """Where the inbox's keys are: in the token file's directory."""
    return tokens.with_name("inbox-keys.json")


class InboxKeys:
    """Keys in one JSON file of mode 0600, by their ids; roles and families are the token file's, as they are now.

    Read again when the file changes. Whoever's token is revoked has no key that is good either.
    """

    def __init__(self, tokens: TokenStore, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._tokens, self._path, self._now = tokens, path, now
        self._known: dict[str, InboxKey] = {}
        self._stamp: tuple[int, int] | None = None

    def all(self) -> Mapping[str, InboxKey]:
        """Raises KeysExposed."""
        self._reload()
        return dict(self._known)

    def find(self, key: str, at: datetime) -> tuple[InboxKey, Principal]:
        """The key, good at that instant, and who it speaks for. Raises NotTaken, KeysExposed."""
        found = self.all().get(key)
        if found is None or found.expired(at):
            raise NotTaken(f"there is no key {key[:50]!r} that is good: `tenure inbox create NAME` makes one")
        return found, self._principal(found.principal)

    def _principal(self, wanted: str) -> Principal:
        for principal in self._tokens.all():
            if principal.id == wanted and not principal.superseded and not principal.expired(self._now()):
                return principal
        raise NotTaken(f"{wanted}, who the key speaks for, has no token that is good")

    def create(self, name: str, expires_at: datetime | None = None) -> tuple[str, str]:
        """The id and the secret of a key of the token's principal; the secret is shown this once.

        Durable on return. Raises KeyError where there is no such token; ValueError where there are too many keys.
        """
        principal = self._tokens.named(name)
        with self._alone():
            return self._add(InboxKey(principal=principal.id, secret="", made_at=self._now(), expires_at=expires_at))

    def rotate(self, key: str, grace: timedelta) -> tuple[str, str]:
        """A new key of the same principal, good for as long as the old one was; that one is good for `grace` more.

        Durable on return. Raises KeyError, ValueError.
        """
        if not timedelta(0) <= grace <= MOST_GRACE:
            raise ValueError(f"the grace is at most {MOST_GRACE.days} days")
        with self._alone():
            now, old = self._now(), self._known[key]
            if old.expired(now):
                raise ValueError(f"{key} has expired: make a new key")
            ends = min(now + grace, old.expires_at or now + grace)
            self._known[key] = msgspec.structs.replace(old, expires_at=ends)
            return self._add(msgspec.structs.replace(old, made_at=now))

    def revoke(self, key: str) -> None:
        """Durable on return; running services refuse it at once. Raises KeyError."""
        with self._alone():
            del self._known[key]
            self._write()

    def _add(self, key: InboxKey) -> tuple[str, str]:
        if len(self._known) >= MOST_KEYS:
            raise ValueError(f"there are {MOST_KEYS} keys: revoke what nobody uses")
        id_, secret = f"ik-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        self._known[id_] = msgspec.structs.replace(key, secret=secret)
        self._write()
        return id_, secret

    def _write(self) -> None:
        write_private(self._path, msgspec.json.encode(self._known))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes the file meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f"{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._reload()
            yield

    def _reload(self) -> None:
        try:
            seen = self._path.stat()
        except FileNotFoundError:
            self._known, self._stamp = {}, None
            return
        if seen.st_mode & OTHERS:
            raise KeysExposed(f"{self._path} may be read by others: `chmod 600` it, and rotate its keys")
        stamp = (seen.st_mtime_ns, seen.st_ino)
        if stamp != self._stamp:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, InboxKey])
            self._stamp = stamp
