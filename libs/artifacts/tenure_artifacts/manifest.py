"""What does a directory consist of?

Canonical JSON (keys and paths sorted, no blanks), whose SHA-256 is the directory's digest: regular files' paths, sizes
and digests. Modes, times, owners and empty directories are no content, and not kept.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from tenure_artifacts.digests import Digest, parse_digest
from tenure_artifacts.errors import DigestMalformed

MAX_FILES = 100_000
MAX_PATH_BYTES = 1_024
MAX_SEGMENT_BYTES = 255


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file. The fields are in the order of their names, which the canonical form needs."""

    digest: str
    path: str
    size: int


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    files: tuple[Entry, ...]
    format: Literal["tenure/directory/1"] = "tenure/directory/1"


def encode_manifest(entries: Iterable[Entry]) -> bytes:
    """Raises ValueError with the reason for paths that can't be."""
    files = tuple(sorted(entries, key=_order))
    check_paths([entry.path for entry in files])
    return msgspec.json.encode(_Manifest(files))


def decode_manifest(raw: bytes) -> Sequence[Entry]:
    """Entries by path. Raises ValueError with the reason for what `encode_manifest` would not have made."""
    try:
        files = msgspec.json.decode(raw, type=_Manifest).files
        for entry in files:
            parse_digest(entry.digest)
    except (msgspec.DecodeError, DigestMalformed) as malformed:
        raise ValueError(str(malformed)) from None
    if min((entry.size for entry in files), default=0) < 0 or encode_manifest(files) != raw:
        raise ValueError("it is not in the canonical form")
    return files


def check_paths(paths: Sequence[str]) -> None:
    """That they are a tree inside its root on every system. Raises ValueError with the reason."""
    if not 1 <= len(paths) <= MAX_FILES:
        raise ValueError(f"a directory has 1 to {MAX_FILES} files, not {len(paths)}")
    for path in paths:
        check_path(path)
    # Case and Unicode forms are one on some systems: there, two such files would be written into one.
    folded = sorted(tuple(_fold(path).split("/")) for path in paths)
    for first, second in pairwise(folded):
        if second[: len(first)] == first:
            raise ValueError(f"{'/'.join(second)!r} stands in the way of {'/'.join(first)!r}")


def check_path(path: str) -> None:
    """Relative, with slashes, without `.` and `..`, UTF-8. Raises ValueError with the reason."""
    segments = path.split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise ValueError(f"{path!r} is not a plain relative path")
    if "\\" in path or any(ord(char) < 32 or ord(char) == 127 for char in path):
        raise ValueError(f"{path!r} has a backslash or a control character")
    try:
        encoded = [segment.encode() for segment in segments]
    except UnicodeEncodeError:
        raise ValueError(f"{path!r} is not UTF-8") from None
    if max(map(len, encoded)) > MAX_SEGMENT_BYTES or len(path.encode()) > MAX_PATH_BYTES:
        raise ValueError(f"{path[:80]!r} is longer than {MAX_SEGMENT_BYTES} bytes a name, {MAX_PATH_BYTES} in all")


def as_digest(entry: Entry) -> Digest:
    return Digest(entry.digest)


def _order(entry: Entry) -> bytes:
    return entry.path.encode(errors="surrogatepass")


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
