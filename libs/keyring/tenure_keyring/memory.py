"""Keys that end with the process: for tests."""

import secrets
from collections.abc import Collection, Mapping

from tenure_keyring.port import DATA_KEY_BYTES, KEY_ID_BYTES, Holder, Mark, SubjectKey


class MemoryKeys:
    """Nothing is wrapped, since nothing is written down."""

    def __init__(self) -> None:
        self._pepper = secrets.token_bytes(DATA_KEY_BYTES)
        self._held: dict[Holder, SubjectKey] = {}
        self._secrets: dict[bytes, bytes | None] = {}
        self._destroyed: set[Mark] = set()

    async def pepper(self) -> bytes:
        return self._pepper

    async def for_sealing(self, holders: Collection[Holder]) -> Mapping[Holder, SubjectKey | None]:
        return {one: None if one.mark in self._destroyed else self._key(one) for one in holders}

    async def for_opening(self, ids: Collection[bytes]) -> Mapping[bytes, bytes | None]:
        return {one: self._secrets[one] for one in ids if one in self._secrets}

    async def destroy(self, mark: Mark) -> int:
        doomed = [holder for holder in self._held if holder.mark == mark]
        for holder in doomed:
            self._secrets[self._held.pop(holder).id] = None
        self._destroyed.add(mark)
        return len(doomed)

    async def destroyed(self, marks: Collection[Mark]) -> frozenset[Mark]:
        return frozenset(self._destroyed.intersection(marks))

    async def readmit(self, mark: Mark) -> None:
        self._destroyed.discard(mark)

    async def rewrap(self) -> int:
        return 0

    def _key(self, holder: Holder) -> SubjectKey:
        if holder not in self._held:
            made = SubjectKey(secrets.token_bytes(KEY_ID_BYTES), secrets.token_bytes(DATA_KEY_BYTES))
            self._held[holder], self._secrets[made.id] = made, made.secret
        return self._held[holder]
