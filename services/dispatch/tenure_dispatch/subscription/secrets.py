"""Where are the secrets of subscriptions? In dispatch's database, sealed under a key that is not there."""

from dataclasses import dataclass, field
from pathlib import Path

from tenure_artifacts.errors import KeyRingExposed, KeyRingMissing, KeyRingUnreadable, KeyUnknown
from tenure_artifacts.keys import KeyId, KeyRing, WrappedKey
from tenure_keyring import EnvironmentMaster, MasterKeyMissing, master_here

from tenure_dispatch.names import SubscriptionName


class SealUnavailable(Exception):
    """The master key is not there, or does not open what it should."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """`own`: dispatch's key; without it the platform's, out of TENURE_MASTER_KEY or the file at `path`."""

    path: Path
    own: str | None = field(default=None, repr=False)

    def seal(self, subscription: SubscriptionName, secret: str) -> WrappedKey:
        """Raises SealUnavailable."""
        try:
            return self._master().wrap(secret.encode(), _bound_to(subscription))
        except (MasterKeyMissing, KeyRingMissing, KeyRingExposed, KeyRingUnreadable) as why:
            raise SealUnavailable(str(why)) from why

    def open(self, subscription: SubscriptionName, key: str, sealed: bytes) -> str:
        """Raises SealUnavailable."""
        try:
            found = self._master().unwrap(WrappedKey(KeyId(key), sealed), _bound_to(subscription))
        except (MasterKeyMissing, KeyRingMissing, KeyRingExposed, KeyRingUnreadable, KeyUnknown) as why:
            raise SealUnavailable(str(why)) from why
        if found is None:
            raise SealUnavailable(f"the secret of {subscription} was sealed under another master key")
        return found.decode()

    def _master(self) -> KeyRing:
        return EnvironmentMaster(self.own) if self.own else master_here(self.path)


def _bound_to(subscription: SubscriptionName) -> bytes:
    return f"tenure/dispatch/{subscription}".encode()
