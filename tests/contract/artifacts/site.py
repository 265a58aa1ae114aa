"""A place for a store, and what may go wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tenure_artifacts import ArtifactStore, DestructionOrder, KeyRing, Layout, LocalKeyRing
from tenure_artifacts.blobs import Blobs

SMALL = Layout(chunk_bytes=64, part_chunks=2)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = DestructionOrder(reason="the version is retired", authorised_by="0198-event", at=NOW)


@dataclass
class Site:
    """Where a store lies, and its key ring. Blobs keep nothing in memory, so that one client does for all processes."""

    blobs: Blobs
    keys: Path

    @property
    def ring(self) -> LocalKeyRing:
        return LocalKeyRing.open_or_make(self.keys)

    def store(self, blobs: object = None, layout: Layout = SMALL, ring: KeyRing | None = None) -> ArtifactStore:
        return ArtifactStore(blobs or self.blobs, ring or self.ring, layout)

    def everything(self) -> dict[str, bytes]:
        """All that is stored, by name."""
        names = [name for folder in ("headers", "parts", "destroyed") for name in self.blobs.sizes(folder)]
        return {name: self.blobs.read(name, 1_048_576) for name in names}


class CutOff(OSError):
    """The store went away."""


class Cutting:
    """Blobs that do `at` before, or after, the call of that number (from 0) of these methods: at first, they fail."""

    def __init__(
        self,
        blobs: Blobs,
        number: int,
        methods: tuple[str, ...] = ("create", "replace", "remove"),
        *,
        after: bool = False,
        at: Callable[[], None] | None = None,
    ) -> None:
        self._blobs, self._number, self._methods, self._after, self._at = blobs, number, methods, after, at or cut
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        method = getattr(self._blobs, name)
        return self._counted(method) if name in self._methods else method

    def _counted(self, method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            mine, self.calls = self.calls == self._number, self.calls + 1
            if mine and not self._after:
                self._at()
            answer = method(*arguments)
            if mine and self._after:
                self._at()
            return answer

        return call


def cut() -> None:
    raise CutOff("the store is away")


def stay(_digest: object) -> str:
    return "legal hold 7"


def go(_digest: object) -> None:
    return None
