"""Which keys were asked for lately? For some seconds, so that a key that another process destroyed is soon gone."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

KEPT_SECONDS = 5.0
MOST_KEPT = 20_000

Name = TypeVar("Name")
Held = TypeVar("Held")


class Cache(Generic[Name, Held]):
    """At most `most` entries, the one that was not used for the longest going first; each is kept `KEPT_SECONDS`.

    An entry dies by its age and not by a message: a process that hears nothing forgets all the same.
    """

    def __init__(self, monotonic: Callable[[], float], most: int = MOST_KEPT) -> None:
        self._monotonic, self._most = monotonic, most
        self._entries: OrderedDict[Name, tuple[float, Held]] = OrderedDict()
        self.epoch = 0

    def get(self, name: Name) -> Held | None:
        found = self._entries.get(name)
        if found is None:
            return None
        made_at, held = found
        if self._monotonic() - made_at > KEPT_SECONDS:
            del self._entries[name]
            return None
        self._entries.move_to_end(name)
        return held

    def put(self, name: Name, held: Held, asked_at: float, epoch: int) -> None:
        """`asked_at` and `epoch` are of before the store was asked: what was cleared meanwhile stays away."""
        if epoch != self.epoch:
            return
        self._entries[name] = (asked_at, held)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()
        self.epoch += 1

    def __len__(self) -> int:
        return len(self._entries)
