"""Where do subjects' keys live, and what must any such place do?"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, NewType, Protocol

Mark = NewType("Mark", bytes)
"""A keyed hash of a subject's id: the store never learns the id."""

KEY_ID_BYTES = 16
DATA_KEY_BYTES = 32


class Holder(NamedTuple):
    """Whose key, and what for."""

    mark: Mark
    purpose: str


class SubjectKey(NamedTuple):
    """A key's random id, which tokens carry, and the key."""

    id: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"SubjectKey({self.id.hex()})"  # never the secret: representations end up in logs


class KeyStore(Protocol):
    """Each call takes up to a few thousand keys at once; all may raise what the store's client raises.

    After `destroy` no call, of any process, gives one of the subject's keys again. Calls that run beside it may.
    """

    async def pepper(self) -> bytes:
        """32 bytes that subjects' ids are hashed with; made once, the same for ever."""
        ...

    async def for_sealing(self, holders: Collection[Holder]) -> Mapping[Holder, SubjectKey | None]:
        """Each holder's key, made where there is none, durable on return; None where the subject's were destroyed."""
        ...

    async def for_opening(self, ids: Collection[bytes]) -> Mapping[bytes, bytes | None]:
        """The secrets of these keys; None of a destroyed one, nothing of one that was never here."""
        ...

    async def destroy(self, mark: Mark) -> int:
        """All of a subject's keys, for ever, and no new ones from now on; how many there were. Durable on return."""
        ...

    async def destroyed(self, marks: Collection[Mark]) -> frozenset[Mark]:
        """Those whose keys were destroyed, and who were not readmitted."""
        ...

    async def readmit(self, mark: Mark) -> None:
        """Lets new keys be made for a subject whose old ones were destroyed: those stay destroyed."""
        ...

    async def rewrap(self) -> int:
        """Wraps every key under the master that is active now; how many were not. Cut off, it is just run again."""
        ...
