"""What is to be pushed?

A source is read twice: once to name it, once to seal it. The first reading pins every part by its SHA-256, and the
second hands out only bytes that match. So what is sealed is what the digest says, although files can change, and a part
that is sealed again is the same part: the nonce rule of `seal` rests on this.
"""

import os
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from tenure_artifacts.digests import Digest, digest_of, named
from tenure_artifacts.errors import SourceChanged, SourceRefused, TooLarge
from tenure_artifacts.header import MAX_MANIFEST_BYTES
from tenure_artifacts.layout import Layout
from tenure_artifacts.manifest import Entry, check_path, check_paths, encode_manifest

BLOCK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class SourceFile:
    path: Path
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, or a directory as its files one after the other and its manifest behind them. `pins` are the parts'."""

    root: Path
    digest: Digest
    files: tuple[SourceFile, ...]
    starts: tuple[int, ...]
    manifest: bytes
    layout: Layout
    pins: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return self.starts[-1] + len(self.manifest)

    def part(self, number: int) -> bytes:
        """Raises SourceChanged where it is not what was measured."""
        start, end = self.layout.part_span(self.size, number)
        content = b"".join(self._pieces(start, end))
        if sha256(content).digest() != self.pins[number]:
            raise SourceChanged(self.root)
        return content

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        at = max(0, bisect_right(self.starts, start) - 1)
        for file, begins in zip(self.files[at:], self.starts[at:], strict=False):
            if begins >= end:
                return
            yield _slice(file.path, max(0, start - begins), min(file.size, end - begins))
        behind = self.starts[-1]
        yield self.manifest[max(0, start - behind) : max(0, end - behind)]


def measure(path: Path, layout: Layout) -> Source:
    """Reads all of it once. Raises SourceRefused, SourceChanged, TooLarge."""
    root, names = path.resolve(), _names(path)
    files = tuple(_regular(root, root / name if name else root) for name in names)
    size = sum(file.size for file in files)
    _check_size(path, size, layout)
    pins = _Pins(layout.part_bytes)
    digests = [_hashed(file, pins) for file in files]
    manifest = b""
    if path.is_dir():
        entries = (Entry(digest, name, file.size) for name, file, digest in zip(names, files, digests, strict=True))
        manifest = encode_manifest(entries)
        if len(manifest) > MAX_MANIFEST_BYTES:
            raise SourceRefused(path, f"its list of files is longer than {MAX_MANIFEST_BYTES} bytes")
        pins.update(manifest)
        _check_size(path, size + len(manifest), layout)
    return Source(
        root=path,
        digest=digest_of(manifest) if manifest else digests[0],
        files=files,
        starts=(0, *accumulate(file.size for file in files)),
        manifest=manifest,
        layout=layout,
        pins=pins.finish(),
    )


class _Pins:
    """The SHA-256 of each part of what it is fed."""

    def __init__(self, part_bytes: int) -> None:
        self._part_bytes, self._room, self._current = part_bytes, part_bytes, sha256()
        self._done: list[bytes] = []

    def update(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            if not self._room:
                self._turn()
            self._current.update(view[: self._room])
            taken = min(self._room, len(view))
            self._room, view = self._room - taken, view[taken:]

    def finish(self) -> tuple[bytes, ...]:
        """An empty object has one empty part."""
        self._turn()
        return tuple(self._done)

    def _turn(self) -> None:
        self._done.append(self._current.digest())
        self._current, self._room = sha256(), self._part_bytes


def _names(path: Path) -> list[str]:
    """Of a directory's files, relative and in the manifest's order; one empty name for a file."""
    if not path.is_dir():
        return [""]
    names = sorted(_walk(path, ""), key=lambda name: name.encode())
    try:
        check_paths(names)
    except ValueError as malformed:
        raise SourceRefused(path, str(malformed)) from None
    return names


def _walk(root: Path, under: str) -> Iterator[str]:
    with os.scandir(root / under) as found:
        entries = list(found)
    for entry in entries:
        name = f"{under}/{entry.name}" if under else entry.name
        try:
            check_path(name)
        except ValueError as malformed:
            raise SourceRefused(root, str(malformed)) from None
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, name)
        else:
            yield name


def _regular(root: Path, path: Path) -> SourceFile:
    """A regular file, or a link to one in the tree: its content is pushed, not the link."""
    try:
        real = path.resolve(strict=True)
        found = real.stat()
    except (OSError, RuntimeError):  # RuntimeError: links that go round
        raise SourceRefused(path, "it is not there, or a link that leads nowhere") from None
    if real != root and root not in real.parents:
        raise SourceRefused(path, f"it is a link out of the tree, to {real}")
    if not stat.S_ISREG(found.st_mode):
        raise SourceRefused(path, "it is not a regular file")
    return SourceFile(real, found.st_size)


def _check_size(path: Path, size: int, layout: Layout) -> None:
    if size > layout.max_object_bytes:
        raise TooLarge(path, size, layout.max_object_bytes)


def _hashed(file: SourceFile, pins: _Pins) -> Digest:
    whole, size = sha256(), 0
    with _opened(file.path) as content:
        while block := content.read(BLOCK_BYTES):
            whole.update(block)
            pins.update(block)
            size += len(block)
    if size != file.size:
        raise SourceChanged(file.path)
    return named(whole.digest())


def _slice(path: Path, start: int, end: int) -> bytes:
    with _opened(path) as content:
        content.seek(start)
        return content.read(end - start)


def _opened(path: Path) -> BinaryIO:
    """The file that was found, not a link that took its place."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError as failure:
        raise SourceRefused(path, failure.strerror or "it can't be opened") from failure
