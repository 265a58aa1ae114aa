"""How are values sealed and opened, a thousand at a time, and how are they erased?"""

import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenure_keyring.cache import Cache
from tenure_keyring.errors import SealBroken, SubjectRefused
from tenure_keyring.port import Holder, KeyStore, Mark
from tenure_keyring.sealed import ERASED_TOKEN, Erased, Plain, Sealed, key_id_of, open_value, seal_value

MARK_BYTES = 16
SUBJECT_LIMIT = 500
AT_ONCE = 1_000
Name = TypeVar("Name")


class _Ready(NamedTuple):
    """A key that seals; without a cipher, the fact that it was destroyed."""

    id: bytes
    cipher: AESGCM | None


_DESTROYED = _Ready(b"", None)


class Keyring:
    """Seals under one key per (subject, purpose).

    A destroyed key is gone at once in this process, and within `cache.KEPT_SECONDS` in every other one. What another
    seals in these seconds can't be opened later, as if it had been erased. Python can't wipe memory: a key's bytes
    may stay in a process's until they are overwritten.
    """

    def __init__(self, store: KeyStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store, self._monotonic = store, monotonic
        self._sealing: Cache[Holder, _Ready] = Cache(monotonic)
        self._opening: Cache[bytes, _Ready] = Cache(monotonic)
        self._pepper: bytes | None = None

    async def seal(self, values: Sequence[Plain]) -> list[str]:
        """Tokens, in order; `ERASED_TOKEN` for an erased subject's. Raises SubjectRefused, SealBroken."""
        holders = [Holder(await self.mark(one.subject), one.purpose) for one in values]
        keys = await self._keys(holders)
        return [_sealed(keys[holder], one) for holder, one in zip(holders, values, strict=True)]

    async def open(self, tokens: Sequence[Sealed]) -> list[str | Erased]:
        """In order. Raises SealBroken where a token was altered, moved to another place or made by another ring."""
        return [_demanded(one) for one in await self.open_each(tokens)]

    async def open_each(self, tokens: Sequence[Sealed]) -> list[str | Erased | SealBroken]:
        """In order, for tokens that strangers may have made: a broken one does not keep the others shut."""
        heads = [key_id_of(one) for one in tokens]
        keys = await self._ciphers([one for one in heads if isinstance(one, bytes)])
        return [_opened(keys, head, one) for head, one in zip(heads, tokens, strict=True)]

    async def destroy(self, subject: str) -> int:
        """Erases what was ever sealed of the subject, and what will come of it; how many keys. Durable on return."""
        try:
            return await self._store.destroy(await self.mark(subject))
        finally:
            self._sealing.clear()
            self._opening.clear()

    async def is_destroyed(self, subject: str) -> bool:
        mark = await self.mark(subject)
        return mark in await self._store.destroyed([mark])

    async def readmit(self, subject: str) -> None:
        """Values that come of the subject from now on are sealed again; what was erased stays so."""
        await self._store.readmit(await self.mark(subject))
        self._sealing.clear()

    async def rewrap(self) -> int:
        """To be called after the master was rotated; how many keys were wrapped anew."""
        return await self._store.rewrap()

    async def mark(self, subject: str) -> Mark:
        """How the subject is called wherever its id must not be. Raises SubjectRefused."""
        check_subject(subject)
        if self._pepper is None:
            self._pepper = await self._store.pepper()
        return Mark(hmac.digest(self._pepper, subject.encode(), "sha256")[:MARK_BYTES])

    async def _keys(self, holders: Sequence[Holder]) -> Mapping[Holder, _Ready]:
        found = {one: ready for one in dict.fromkeys(holders) if (ready := self._sealing.get(one))}
        missing = [one for one in dict.fromkeys(holders) if one not in found]
        for some in _chunks(missing):
            asked_at, epoch = self._monotonic(), self._sealing.epoch
            for holder, key in (await self._store.for_sealing(some)).items():
                found[holder] = _DESTROYED if key is None else _Ready(key.id, AESGCM(key.secret))
                self._sealing.put(holder, found[holder], asked_at, epoch)
        return found

    async def _ciphers(self, ids: Sequence[bytes]) -> Mapping[bytes, _Ready]:
        found = {one: ready for one in dict.fromkeys(ids) if (ready := self._opening.get(one))}
        missing = [one for one in dict.fromkeys(ids) if one not in found]
        for some in _chunks(missing):
            asked_at, epoch = self._monotonic(), self._opening.epoch
            for key_id, secret in (await self._store.for_opening(some)).items():
                found[key_id] = _Ready(key_id, None if secret is None else AESGCM(secret))
                self._opening.put(key_id, found[key_id], asked_at, epoch)
        return found


def check_subject(subject: str) -> None:
    """Ids are random: an address or a name would itself be personal data. Raises SubjectRefused."""
    if not 0 < len(subject) <= SUBJECT_LIMIT:
        raise SubjectRefused(subject[:20], f"it has 1 to {SUBJECT_LIMIT} characters")
    if "@" in subject:
        raise SubjectRefused(subject.partition("@")[2], "it looks like an e-mail address, and ids are random")


def _sealed(key: _Ready, one: Plain) -> str:
    return ERASED_TOKEN if key.cipher is None else seal_value(key.cipher, key.id, one.bound_to, one.value)


def _opened(keys: Mapping[bytes, _Ready], head: bytes | SealBroken | None, one: Sealed) -> str | Erased | SealBroken:
    if head is None:
        return Erased(one.bound_to)
    if isinstance(head, SealBroken):
        return head
    key = keys.get(head)
    if key is None:
        return SealBroken(one.bound_to, "was sealed by another key ring")
    return Erased(one.bound_to) if key.cipher is None else open_value(key.cipher, one)


def _demanded(value: str | Erased | SealBroken) -> str | Erased:
    if isinstance(value, SealBroken):
        raise value
    return value


def _chunks(items: Sequence[Name]) -> Iterator[Sequence[Name]]:
    return (items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE))
