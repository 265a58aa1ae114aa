"""Where are the secrets of subscriptions? In dispatch's database, sealed under the master key."""

from dataclasses import dataclass
from pathlib import Path

from tenure_artifacts.errors import KeyRingExposed, KeyRingMissing, KeyRingUnreadable, KeyUnknown
from tenure_artifacts.keys import KeyId, WrappedKey
from tenure_keyring import MasterKeyMissing, master_here

from tenure_dispatch.names import SubscriptionName


class SealUnavailable(Exception):
    """The master key is not there, or does not open what it should."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """`path`: the file of the master key, where TENURE_MASTER_KEY does not hold it."""

    path: Path

    def seal(self, subscription: SubscriptionName, secret: str) -> WrappedKey:
        """Raises SealUnavailable."""
        try:
            return master_here(self.path).wrap(secret.encode(), _bound_to(subscription))
        except (MasterKeyMissing, KeyRingMissing, KeyRingExposed, KeyRingUnreadable) as why:
            raise SealUnavailable(str(why)) from why

    def open(self, subscription: SubscriptionName, key: str, sealed: bytes) -> str:
        """Raises SealUnavailable."""
        try:
            found = master_here(self.path).unwrap(WrappedKey(KeyId(key), sealed), _bound_to(subscription))
        except (MasterKeyMissing, KeyRingMissing, KeyRingExposed, KeyRingUnreadable, KeyUnknown) as why:
            raise SealUnavailable(str(why)) from why
        if found is None:
            raise SealUnavailable(f"the secret of {subscription} was sealed under another master key")
        return found.decode()


def _bound_to(subscription: SubscriptionName) -> bytes:
    return f"tenure/dispatch/{subscription}".encode()
