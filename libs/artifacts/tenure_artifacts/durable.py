"""How does a file get to a disk whole, or not at all?"""

import os
import secrets
from pathlib import Path


def write_durably(path: Path, content: bytes, *, exclusive: bool = False, mode: int = 0o666) -> None:
    """On the disk on return; at no moment is half of it there. Raises FileExistsError if exclusive and it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            # A link is the one way to give a finished file a name only if nobody else has it.
            os.link(partial, path)
        else:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """What was named and unnamed in it stays so after a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
