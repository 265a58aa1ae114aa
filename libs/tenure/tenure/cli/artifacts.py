"""tenure artifacts: the bytes of models, sealed before they leave this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.table import Table

from tenure.cli.common import console, errors, home

if TYPE_CHECKING:
    from tenure_artifacts import ArtifactStore, LocalKeyRing

app = typer.Typer(no_args_is_help=True, help="Push and pull artifacts, by digest.")
keys = typer.Typer(no_args_is_help=True, help="The keys that artifacts are sealed under.")
app.add_typer(keys, name="keys")


@app.command()
def push(path: Annotated[Path, typer.Argument(help="A file or a directory.")]) -> None:
    """Store it under the digest of its content, and print that; goes on where a push was cut off."""
    with told():
        pushed = store_of(ring_made_here()).push(path)
    console.print(pushed.digest, highlight=False, soft_wrap=True)
    sent = f"{pushed.sent_parts} parts sent" if pushed.sent_parts else "it was there already"
    errors.print(f"{pushed.size} bytes, {sent}.", highlight=False)


@app.command()
def pull(
    digest: Annotated[str, typer.Argument(help="What `push` printed, or a version's artifact digest.")],
    to: Annotated[Path, typer.Argument(help="Where it goes; nothing is overwritten.")],
) -> None:
    """Fetch it, check every byte, and only then name it; goes on where a pull was cut off."""
    with told():
        from tenure_artifacts import parse_digest

        pulled = store_of(ring_here()).pull(parse_digest(digest), to)
    console.print(f"{to}: {pulled.size} bytes, as {digest} says.", highlight=False, soft_wrap=True)


@app.command()
def verify(digest: Annotated[str, typer.Argument(help="As for `pull`.")]) -> None:
    """Fetch it and check every byte, and keep nothing."""
    with told():
        from tenure_artifacts import parse_digest

        size = store_of(ring_here()).verify(parse_digest(digest))
    console.print(f"{size} bytes, as {digest} says.", highlight=False, soft_wrap=True)


@app.command()
def rewrap() -> None:
    """After a rotation: wrap every artifact's key under the active one. No content is touched."""
    with told():
        ring = ring_here()
        count = store_of(ring).rewrap()
    console.print(f"{count} keys are wrapped anew; all are under {ring.active}.", highlight=False)


@app.command()
def sweep(days: Annotated[float, typer.Option(min=1, help="Only what is older.")] = 7) -> None:
    """Remove what cut-off pushes left behind and nobody went on with."""
    with told():
        count = store_of(ring_here()).sweep(datetime.now(UTC) - timedelta(days=days))
    console.print(f"{count} parts are removed.", highlight=False)


@keys.command("list")
def list_keys() -> None:
    """Show the keys, never a secret, and how many artifacts each seals."""
    with told():
        ring = ring_here()
        used = store_of(ring).keys_in_use()
    table = Table("key", "made", "retired", "artifacts")
    for identity, key in sorted(ring.keys().items(), key=lambda item: item[1].made_at):
        retired = f"{key.retired_at:%Y-%m-%d %H:%M}Z" if key.retired_at else "active"
        table.add_row(identity, f"{key.made_at:%Y-%m-%d %H:%M}Z", retired, str(used.get(identity, 0)))
    console.print(table)


@keys.command()
def rotate() -> None:
    """Make a new active key. The old ones stay, until `rewrap` was run and they are forgotten."""
    with told():
        active = ring_here().rotate(datetime.now(UTC))
    console.print(f"{active} is active; `tenure artifacts rewrap` puts the artifacts under it.", highlight=False)


@keys.command()
def forget(key: Annotated[str, typer.Argument(help="A retired key's id.")]) -> None:
    """Remove a retired key for ever; refused while the store has anything under it."""
    with told():
        from tenure_artifacts.errors import KeyInUse

        ring = ring_here()
        if count := store_of(ring).keys_in_use().get(key, 0):
            raise KeyInUse(key, f"seals {count} artifacts: run `tenure artifacts rewrap` first")
        ring.forget(key)
    console.print(f"{key} is gone.", highlight=False)


def store_of(ring: "LocalKeyRing") -> "ArtifactStore":
    from tenure_artifacts import ArtifactStore

    return ArtifactStore.open(os.environ.get("TENURE_ARTIFACTS", str(home() / "artifacts")), ring)


def ring_here() -> "LocalKeyRing":
    from tenure_artifacts import LocalKeyRing

    return LocalKeyRing.open(_ring_path())


def ring_made_here() -> "LocalKeyRing":
    from tenure_artifacts import LocalKeyRing

    path = _ring_path()
    if not path.exists():
        errors.print(f"Making the key ring {path}. Keep a copy: without it no artifact can be read.", highlight=False)
    return LocalKeyRing.open_or_make(path)


def _ring_path() -> Path:
    return Path(os.environ.get("TENURE_KEYRING", home() / "keys.json"))


@contextmanager
def told() -> Iterator[None]:
    """An expected failure is one line, not a traceback."""
    try:
        from tenure_artifacts import ArtifactError
    except ImportError as missing:
        _end(f"{missing}: pip install 'tenure[artifacts]'")
    try:
        yield
    except (ArtifactError, OSError) as failure:
        _end(f"{type(failure).__name__}: {failure}")


def _end(message: str) -> NoReturn:
    errors.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1) from None
