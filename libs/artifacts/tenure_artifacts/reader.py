"""How is plaintext got out of a store, verified piece by piece?"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest, digest_of, named
from tenure_artifacts.errors import ArtifactDamaged
from tenure_artifacts.manifest import Entry, decode_manifest
from tenure_artifacts.seal import Sealer
from tenure_artifacts.stored import read_part

CONTENT = "content"


class Reader:
    """One object's plaintext by place. It holds one part and one chunk, so reading in order fetches each part once."""

    def __init__(self, blobs: Blobs, sealer: Sealer) -> None:
        self._blobs, self._sealer, self.frame = blobs, sealer, sealer.frame
        self._part: tuple[int, bytes] | None = None
        self._chunk: tuple[int, bytes] | None = None

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of [start, end), a chunk's at most at a time, each of which was sealed at that place of this
        object. That they are the artifact's is sure only once the digest was compared. Raises ArtifactDamaged."""
        step = self.frame.layout.chunk_bytes
        for index in range(start // step, max(1, -(-end // step))):
            begins = index * step
            yield self._opened(index)[max(0, start - begins) : end - begins]

    def _opened(self, index: int) -> bytes:
        if self._chunk is None or self._chunk[0] != index:
            self._chunk = (index, self._sealer.open(index, self._sealed(index)))
        return self._chunk[1]

    def _sealed(self, index: int) -> memoryview:
        part, place = divmod(index, self.frame.layout.part_chunks)
        if self._part is None or self._part[0] != part:
            self._part = None  # let go of the old one before the new one comes
            self._part = (part, read_part(self._blobs, self.frame, part))
        return self._sealer.chunk_of(self._part[1], place)


def entries_of(reader: Reader) -> Sequence[Entry]:
    """The files in the order in which their bytes follow each other; a file is one entry. Raises ArtifactDamaged."""
    frame = reader.frame
    if not frame.manifest_size:
        return [Entry(frame.digest, CONTENT, frame.size)]
    raw = b"".join(reader.pieces(frame.size - frame.manifest_size, frame.size))
    if digest_of(raw) != frame.digest:
        raise ArtifactDamaged(frame.digest, "the manifest", "has another digest")
    try:
        entries = decode_manifest(raw)
    except ValueError as malformed:
        raise ArtifactDamaged(frame.digest, "the manifest", f"can't be read ({malformed})") from None
    if sum(entry.size for entry in entries) != frame.size - frame.manifest_size:
        raise ArtifactDamaged(frame.digest, "the manifest", "lists other sizes than are stored")
    return entries


def verify(reader: Reader) -> int:
    """Reads all of it and keeps nothing; its size. Raises ArtifactDamaged."""
    start = 0
    for entry in entries_of(reader):
        hashed = sha256()
        for piece in reader.pieces(start, start + entry.size):
            hashed.update(piece)
        compare(reader.frame.digest, entry, named(hashed.digest()))
        start += entry.size
    return reader.frame.size


def compare(artifact: Digest, entry: Entry, found: Digest) -> None:
    """Raises ArtifactDamaged."""
    if found != entry.digest:
        raise ArtifactDamaged(artifact, f"file {entry.path}", f"has the digest {found}")
