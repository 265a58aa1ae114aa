"""Which bytes does a batch file hold, and how old are they?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

MAX_FILE_BYTES = 4 * 1024**3
CHUNK_BYTES = 1_048_576


class FileRefused(Exception):
    """The file can't be loaded; the message says why, by line where it is one line's fault."""


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A copy on this machine, so that what was checked is what is loaded. `digest` is of what it holds unpacked."""

    path: Path
    name: str
    digest: str
    modified_at: datetime


@contextmanager
def fetched(url: str, at: datetime | None, max_bytes: int = MAX_FILE_BYTES) -> Iterator[BatchFile]:
    """The file at a path or any address of fsspec's, unpacked where its name ends in .gz or the like. `at` stands in
    for a time of modification that its place does not know. Raises FileRefused."""
    try:
        import fsspec
    except ModuleNotFoundError:
        raise FileRefused("files are read through fsspec: pip install 'tenure[sources]'") from None
    with TemporaryDirectory(prefix="tenure-load-") as directory:
        path = Path(directory) / "file"
        try:
            system, inside = fsspec.core.url_to_fs(url)
            name = Path(inside).name
            modified_at = at or _modified(system, inside)
            with fsspec.open(url, "rb", compression="infer") as source, path.open("wb") as copy:
                digest = _copy(source, copy, max_bytes)
        except (OSError, ValueError, EOFError, ImportError) as failure:
            raise FileRefused(f"{url.rpartition('/')[2]} can't be read: {failure}") from failure
        yield BatchFile(path, name, digest, modified_at)


def _modified(system: "fsspec.AbstractFileSystem", inside: str) -> datetime:  # type: ignore[name-defined]  # noqa: F821
    try:
        at: datetime = system.modified(inside)
    except NotImplementedError:
        raise FileRefused("its place does not say when it was modified: say it with --at") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _copy(source: IO[bytes], copy: IO[bytes], max_bytes: int) -> str:
    """The digest of what was copied."""
    digest, size = sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise FileRefused(f"it is over {max_bytes} bytes: split it")
        digest.update(chunk)
        copy.write(chunk)
    return digest.hexdigest()
