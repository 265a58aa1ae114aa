"""How does an artifact come out of a store, whole or not at all?

It is staged beside the target, in `.<name>.<digest>.part/` of mode 0700. Files are written there in order, a verified
chunk at a time, each is compared with its digest at its end, and when all are there and on the disk one rename makes
the target. A pull that is cut off leaves the staging; the next one hashes again what is in it and goes on behind.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from tenure_artifacts.digests import hex_of, named
from tenure_artifacts.durable import sync_directory
from tenure_artifacts.errors import PullUnderWay, StagingExposed, TargetTaken
from tenure_artifacts.manifest import Entry
from tenure_artifacts.reader import CONTENT, Reader, compare, entries_of

BLOCK_BYTES = 1_048_576


class Hash(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """`fetched_bytes` of its size came from the store now; the rest was staged before."""

    size: int
    fetched_bytes: int


def pull(reader: Reader, to: Path) -> Pulled:
    """On the disk and named on return. Raises ArtifactDamaged, TargetTaken, PullUnderWay, StagingExposed."""
    if os.path.lexists(to):
        raise TargetTaken(to)
    entries = entries_of(reader)
    to.parent.mkdir(parents=True, exist_ok=True)
    staging = to.parent / f".{to.name}.{hex_of(reader.frame.digest)[:16]}.part"
    with _alone(staging, to):
        directory = staging / CONTENT if reader.frame.manifest_size else staging
        staged_bytes = _fetch(reader, entries, directory)
        if os.path.lexists(to):
            raise TargetTaken(to)
        _sync_folders(staging)
        (staging / CONTENT).rename(to)
        staging.rmdir()
    sync_directory(to.parent)
    return Pulled(reader.frame.size, reader.frame.size - staged_bytes)


@contextmanager
def _alone(staging: Path, to: Path) -> Iterator[None]:
    """This process has the staging for itself, and no other user could have put anything there."""
    staging.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise StagingExposed(staging)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullUnderWay(to) from None
        yield
    finally:
        os.close(handle)


def _fetch(reader: Reader, entries: Sequence[Entry], directory: Path) -> int:
    """How many bytes were staged already."""
    start = staged_bytes = 0
    fresh = False
    for entry in entries:
        path = directory / entry.path
        have, hashed = (0, sha256()) if fresh else _staged(path, entry)
        # Files come in order, so what follows the first unfinished one is no earlier pull's.
        fresh = fresh or have < entry.size or not path.exists()
        if fresh:
            _fill(reader, entry, path, start, have, hashed)
        staged_bytes += have
        start += entry.size
    return staged_bytes


def _staged(path: Path, entry: Entry) -> tuple[int, Hash]:
    """How much of the file an earlier pull left, and the hash of that; nothing where it can't be this file's."""
    hashed, have = sha256(), 0
    if not path.is_file() or path.stat().st_size > entry.size:
        return 0, hashed
    with path.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            hashed.update(block)
            have += len(block)
    if have == entry.size and named(hashed.digest()) != entry.digest:
        path.unlink()
        return 0, sha256()
    return have, hashed


def _fill(reader: Reader, entry: Entry, path: Path, start: int, have: int, hashed: Hash) -> None:
    """`start`: where the file begins in the object."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab" if have else "wb") as content:
        for piece in reader.pieces(start + have, start + entry.size):
            content.write(piece)
            hashed.update(piece)
        _flush(content)
    # Where what an earlier pull left is at fault, the next one finds a file of full length and begins it anew.
    compare(reader.frame.digest, entry, named(hashed.digest()))


def _sync_folders(staging: Path) -> None:
    for folder, _, _ in os.walk(staging):
        sync_directory(Path(folder))


def _flush(content: BinaryIO) -> None:
    content.flush()
    os.fsync(content.fileno())
