"""Who is it, and what may they do?"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol, get_args

import msgspec

Role = Literal["viewer", "producer", "engineer", "approver", "operator", "auditor", "admin", "backdate"]
ROLES: tuple[Role, ...] = get_args(Role)
ApproverKind = Literal["risk", "compliance", "security", "business"]
LOOK_AGAIN_SECONDS = 1.0
PrincipalType = Literal["user", "service_account", "system"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts. `id` is random and stable; the name is for people and never leaves the token file.

    `families`: commands only on models of these; None: on all.
    """

    id: str
    name: str
    roles: frozenset[Role]
    kind: ApproverKind | None = None
    auth_type: PrincipalType = "user"
    expires_at: datetime | None = None
    families: frozenset[str] | None = None

    def may(self, *roles: Role) -> bool:
        """Has any of these roles. An admin has all but the approver's: who runs the platform does not sign for it."""
        return not self.roles.isdisjoint(roles) or ("admin" in self.roles and roles != ("approver",))


class Authenticator(Protocol):
    """From a bearer token to a principal; OIDC will be another one."""

    def principal(self, token: str) -> Principal | None:
        """None for a token that is unknown or expired. Must not block."""
        ...


class TokenStore:
    """Hashed tokens in one JSON file of mode 0600, read again when it changes.

    A new token is good at once; one that was taken out of the file is refused a second later at the latest.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
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
        if found and found.expires_at and found.expires_at <= datetime.now(UTC):
            return None
        return found

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
        secret = f"tnr_{secrets.token_urlsafe(32)}"
        with self._alone():
            if any(known.name == name for known in self._known.values()):
                raise ValueError(f"there is a token named {name!r}")
            self._known[_hash(secret)] = principal
            write_private(self._path, msgspec.json.encode(self._known))
        return secret

    def revoke(self, name: str) -> None:
        """Durable on return; running services refuse the token a second later at the latest. The name is free again.

        Raises KeyError.
        """
        with self._alone():
            kept = {hashed: principal for hashed, principal in self._known.items() if principal.name != name}
            if len(kept) == len(self._known):
                raise KeyError(name)
            self._known = kept
            write_private(self._path, msgspec.json.encode(kept))

    def ensure_owner(self, secret_path: Path) -> str:
        """The owner's secret, made at first start or after it was revoked, and kept in a file of mode 0600."""
        if not secret_path.exists() or self.principal(secret_path.read_text().strip()) is None:
            write_private(secret_path, self.create("owner", ["admin"]).encode())
        return secret_path.read_text().strip()

    def all(self) -> Sequence[Principal]:
        """All principals, by name."""
        self._reload()
        return sorted(self._known.values(), key=lambda principal: principal.name)

    def named(self, name: str) -> Principal:
        """Raises KeyError."""
        return next((p for p in self.all() if p.name == name), None) or _raise(KeyError(name))

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


def _raise(error: Exception) -> Principal:
    raise error
