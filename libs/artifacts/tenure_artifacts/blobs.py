"""Where do headers and parts lie? Small named blobs over fsspec, each written whole or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tenure_artifacts.durable import sync_directory, write_durably
from tenure_artifacts.errors import StoreUnavailable, StoreUnknown


class _FileSystem(Protocol):
    """What of fsspec is used; it comes without types."""

    def cat_file(self, path: str, start: int, end: int) -> bytes: ...
    def pipe_file(self, path: str, value: bytes, mode: str) -> object: ...
    def find(self, path: str, detail: bool) -> Mapping[str, Mapping[str, object]]: ...
    def rm(self, path: str, recursive: bool) -> object: ...
    def exists(self, path: str) -> bool: ...
    def modified(self, path: str) -> datetime: ...
    def unstrip_protocol(self, path: str) -> str: ...


class Blobs:
    """Names are relative, with slashes. All calls block. A store that is away raises OSError or StoreUnavailable.

    `create` is exclusive by the store itself on file, memory, S3 (If-None-Match), GCS (generation match) and Azure.
    Other file systems of fsspec look and then write, so that two pushes of the same content may disturb each other.
    """

    def __init__(self, system: _FileSystem, root: str, *, local: bool) -> None:
        self._system, self._root, self._local = system, root.rstrip("/"), local

    @classmethod
    def open(cls, url: str, **storage_options: object) -> "Blobs":
        """Talks to nobody yet. Raises StoreUnknown."""
        # A listing out of a cache would show what another process has removed since.
        options = {**storage_options, "use_listings_cache": False, "skip_instance_cache": True}
        try:
            system, root = fsspec.url_to_fs(url, **options)
        except ImportError as missing:
            raise StoreUnknown(url, f"{missing}; tenure[artifacts-s3], [artifacts-gs] and [artifacts-az] do") from None
        except ValueError as malformed:
            raise StoreUnknown(url, str(malformed)) from None
        return cls(cast(_FileSystem, system), root, local=isinstance(system, LocalFileSystem))

    @property
    def address(self) -> str:
        return self._system.unstrip_protocol(self._root)

    def read(self, name: str, limit_bytes: int) -> bytes:
        """At most limit + 1 bytes, so that who asks sees that there is more. Raises FileNotFoundError."""
        with self._talking():
            return bytes(self._system.cat_file(self._path(name), start=0, end=limit_bytes + 1))

    def create(self, name: str, content: bytes) -> None:
        """Durable on return. Raises FileExistsError, and changes nothing, where the name is taken."""
        if self._local:
            write_durably(Path(self._path(name)), content, exclusive=True)
            return
        with self._talking():
            self._system.pipe_file(self._path(name), content, mode="create")

    def replace(self, name: str, content: bytes) -> None:
        """Durable on return; a reader sees the old or the new."""
        if self._local:
            write_durably(Path(self._path(name)), content)
            return
        with self._talking():
            self._system.pipe_file(self._path(name), content, mode="overwrite")

    def sizes(self, folder: str) -> dict[str, int]:
        """All blobs below the folder, by name; empty where there is no such folder."""
        with self._talking():
            found = self._system.find(self._path(folder), detail=True)
        return {path.removeprefix(f"{self._root}/"): int(str(info["size"])) for path, info in found.items()}

    def modified_at(self, name: str) -> datetime:
        """Aware, by the store's clock. Raises FileNotFoundError."""
        with self._talking():
            return self._system.modified(self._path(name))

    def remove(self, name: str) -> None:
        """A blob, or a folder with all below it; nothing where there is none. A removal that a store skips without
        telling (S3's bulk removal does) shows in `sizes` only."""
        path = self._path(name)
        # Not found: another process was faster.
        with suppress(FileNotFoundError), self._talking():
            if self._system.exists(path):
                self._system.rm(path, recursive=True)
        if self._local and Path(path).parent.exists():
            sync_directory(Path(path).parent)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            raise
        except Exception as failure:  # every client has exceptions of its own: botocore, google.auth, azure.core
            raise StoreUnavailable(self._root, f"{type(failure).__name__}: {failure}") from failure
