"""What wraps the data keys?"""

from dataclasses import dataclass
from typing import NewType, Protocol

KeyId = NewType("KeyId", str)
DATA_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key under the key-encryption key of this id."""

    key: KeyId
    sealed: bytes


class KeyRing(Protocol):
    """Key-encryption keys that never leave it: a file of ours, or a KMS behind the same two calls.

    `context` is authenticated with the wrap (a KMS calls it encryption context), so that a wrapped key can't be moved
    to another object. May block.
    """

    @property
    def active(self) -> KeyId:
        """The key that new wraps are made with."""
        ...

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Under the active key."""
        ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes | None:
        """None where the key of that id does not open it. Raises KeyUnknown where there is no such key."""
        ...
