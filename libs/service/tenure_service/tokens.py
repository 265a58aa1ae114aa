"""Who is it, and what may they do?"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol, get_args

import msgspec

Role = Literal["viewer", "producer", "engineer", "approver", "operator", "auditor", "admin", "backdate"]
ROLES: tuple[Role, ...] = get_args(Role)
ApproverKind = Literal["risk", "compliance", "security", "business"]
KINDS: tuple[ApproverKind, ...] = get_args(ApproverKind)
LOOK_AGAIN_SECONDS = 1.0
MOST_GRACE = timedelta(days=30)
OWNERS_GRACE = timedelta(days=1)
SECRET_PREFIX = "tnr_"
PrincipalType = Literal["user", "service_account", "system"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts. `id` is stable and nobody's name; the name is for people and never leaves the token file.

    `families`: commands only on models of these; None: on all. `superseded`: a newer secret is there for the same id.
    """

    id: str
    name: str
    roles: frozenset[Role]
    kind: ApproverKind | None = None
    auth_type: PrincipalType = "user"
    expires_at: datetime | None = None
    families: frozenset[str] | None = None
    superseded: bool = False

    def may(self, *roles: Role) -> bool:
        """Has any of these roles. An admin has all but the approver's: who runs the platform does not sign for it."""
        return not self.roles.isdisjoint(roles) or ("admin" in self.roles and roles != ("approver",))

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class Authenticator(Protocol):
    """From a bearer token to a principal."""

    def principal(self, token: str) -> Principal | None:
        """None for a token that is unknown or expired; may raise a Problem that says more. Must not block."""
        ...

    def trouble(self) -> str | None:
        """Why it may refuse what it should let in; None while all is well."""
        ...


class TokenStore:
    """Hashed tokens in one JSON file of mode 0600, read again when it changes.

    A new token is good at once; one that was taken out of the file is refused a second later at the latest.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._now = path, now
        self._known: dict[str, Principal] = {}
        self._stamp: tuple[int, int] | None = None
        self._look_again_at = 0.0

    def principal(self, token: str) -> Principal | None:
        if time.monotonic() >= self._look_again_at:
            self._reload()
        found = self._known.get(_hash(token))
        if found is None:
            self._reload()
            found = self._known.get(_hash(token))
        return None if found is None or found.expired(self._now()) else found

    def trouble(self) -> str | None:
        return None

    def create(
        self,
        name: str,
        roles: Sequence[Role],
        kind: ApproverKind | None = None,
        auth_type: PrincipalType = "user",
        expires_at: datetime | None = None,
        families: Sequence[str] = (),
    ) -> str:
        """A new principal's secret, which is shown this once. Raises ValueError for a name that is taken."""
        if (kind is not None) != ("approver" in roles):
            raise ValueError("an approver, and nobody else, has a kind")
        principal = Principal(
            id=f"p-{secrets.token_hex(8)}",
            name=name,
            roles=frozenset(roles),
            kind=kind,
            auth_type=auth_type,
            expires_at=expires_at,
            families=frozenset(families) or None,
        )
        with self._alone():
            if any(known.name == name for known in self._known.values()):
                raise ValueError(f"there is a token named {name!r}")
            return self._add(principal)

    def rotate(self, name: str, grace: timedelta, expires_at: datetime | None = None) -> str:
        """A new secret for the same principal. The one that it takes the place of stays good for `grace`.

        Without `expires_at` it is good for as long as the old one was. Raises KeyError; ValueError where an older
        secret is still in its own grace, so that there are never more than two, or where the new one would be dead.
        """
        if not timedelta(0) <= grace <= MOST_GRACE:
            raise ValueError(f"the grace is at most {MOST_GRACE.days} days")
        with self._alone():
            now, replaced = self._now(), self._current(name)
            in_grace = [p for p in self._known.values() if p.name == name and p.superseded and not p.expired(now)]
            if in_grace and grace:
                raise ValueError(f"a secret of {name!r} is in its grace already; a grace of 0 ends all but the new one")
            renewed = msgspec.structs.replace(replaced, expires_at=expires_at or replaced.expires_at)
            if renewed.expired(now):
                raise ValueError(f"the token of {name!r} has expired: say how long the new one is good for")
            self._supersede(name, now + grace)
            return self._add(renewed)

    def revoke(self, name: str) -> None:
        """Durable on return; running services refuse the token a second later at the latest. The name is free again.

        Raises KeyError.
        """
        with self._alone():
            kept = {hashed: principal for hashed, principal in self._known.items() if principal.name != name}
            if len(kept) == len(self._known):
                raise KeyError(name)
            self._known = kept
            self._write()

    def ensure_owner(self, secret_path: Path) -> str:
        """The owner's secret, made at first start or after it was revoked, and kept in a file of mode 0600."""
        if not secret_path.exists() or self.principal(secret_path.read_text().strip()) is None:
            write_private(secret_path, self._owner().encode())
        return secret_path.read_text().strip()

    def all(self) -> Sequence[Principal]:
        """All principals, by name; one whose secret was rotated is there twice, as it is now first."""
        self._reload()
        return sorted(self._known.values(), key=lambda principal: (principal.name, principal.superseded))

    def named(self, name: str) -> Principal:
        """Raises KeyError."""
        self._reload()
        return self._current(name)

    def _current(self, name: str) -> Principal:
        for principal in self._known.values():
            if principal.name == name and not principal.superseded:
                return principal
        raise KeyError(name)

    def _owner(self) -> str:
        try:
            return self.rotate("owner", OWNERS_GRACE)  # the file with its secret is lost, or held an older one
        except KeyError:
            return self.create("owner", ["admin"])

    def _add(self, principal: Principal) -> str:
        secret = f"{SECRET_PREFIX}{secrets.token_urlsafe(32)}"
        self._known[_hash(secret)] = principal
        self._write()
        return secret

    def _supersede(self, name: str, until: datetime) -> None:
        """No secret of this name is good after `until`; one that ends earlier keeps its end."""
        for hashed, principal in self._known.items():
            if principal.name == name:
                end = min(until, principal.expires_at or until)
                self._known[hashed] = msgspec.structs.replace(principal, expires_at=end, superseded=True)

    def _write(self) -> None:
        """Durable on return. What was superseded and is past its grace is left out."""
        now = self._now()
        self._known = {h: p for h, p in self._known.items() if not (p.superseded and p.expired(now))}
        write_private(self._path, msgspec.json.encode(self._known))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes the file meanwhile, and what it says now is known."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f"{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._reload()
            yield

    def _reload(self) -> None:
        self._look_again_at = time.monotonic() + LOOK_AGAIN_SECONDS
        try:
            seen = self._path.stat()
        except FileNotFoundError:
            self._known, self._stamp = {}, None
            return
        stamp = (seen.st_mtime_ns, seen.st_ino)
        if stamp != self._stamp:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Principal])
            self._stamp = stamp


def write_private(path: Path, content: bytes) -> None:
    """Replaces the file in one move; nobody else can read it at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    partial.replace(path)


def _hash(token: str) -> str:
    # A plain hash is enough: the token is 256 random bits, so there is nothing to guess.
    return sha256(token.encode()).hexdigest()
