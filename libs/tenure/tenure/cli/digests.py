"""Which artifact does a command mean: by its digest, or by the bytes on this disk?"""

from hashlib import file_digest
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.asking import end

Digest = Annotated[str | None, typer.Option("--digest", help="sha256:... of the artifact.")]
File = Annotated[Path | None, typer.Option("--file", help="A file or directory whose digest it is.")]


def digest_of(path: Path) -> str:
    """A file's, or a directory's as `tenure artifacts push` would store it."""
    if path.is_dir():
        return _of_directory(path)
    try:
        with path.open("rb") as content:
            return f"sha256:{file_digest(content, 'sha256').hexdigest()}"
    except OSError as failure:
        end(f"{path} can't be read: {failure.strerror}.")


def _of_directory(path: Path) -> str:
    from tenure.cli.artifacts import told

    with told():
        from tenure_artifacts.layout import Layout
        from tenure_artifacts.source import measure

        return measure(path, Layout()).digest


def chosen(digest: str | None, file: Path | None) -> str | None:
    """The digest of either; None for neither. Raises BadParameter for both."""
    if digest is not None and file is not None:
        raise typer.BadParameter("give --digest or --file, not both")
    return digest_of(file) if file is not None else digest
