"""A store in memory with what an example needs of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tenure_artifacts import ArtifactStore, Digest, KeyRing, Layout
from tenure_artifacts.blobs import Blobs

FOLDERS = ("headers", "parts")


@dataclass
class Stored:
    """Content that was pushed; `back` is where a pull would bring it."""

    blobs: Blobs
    store: ArtifactStore
    digest: Digest
    back: Path

    def names(self) -> list[str]:
        return sorted(name for folder in FOLDERS for name in self.blobs.sizes(folder))

    def parts(self) -> list[str]:
        return [name for name in self.names() if name.startswith("parts/")]

    def header(self) -> str:
        return next(name for name in self.names() if name.startswith("headers/"))

    def read(self, name: str) -> bytes:
        return self.blobs.read(name, 1_048_576)

    def pulled(self) -> bytes:
        """A file's content; leaves nothing behind."""
        self.store.pull(self.digest, self.back)
        content = self.back.read_bytes()
        self.back.unlink()
        return content

    def clear(self) -> None:
        """What a refused pull left staged."""
        for staging in self.back.parent.glob(f".{self.back.name}.*.part"):
            shutil.rmtree(staging)


def stored(content: bytes, layout: Layout, ring: KeyRing, desk: Path) -> Stored:
    path = desk / "content"
    path.write_bytes(content)
    blobs = Blobs.open(f"memory://{uuid4().hex}")
    store = ArtifactStore(blobs, ring, layout)
    return Stored(blobs, store, store.push(path).digest, desk / "back")
