"""tenure versions locators: do the bytes still lie where a version says, and are they still the same?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import unquote, urlsplit

import typer

from tenure.cli.asking import AsJson, Model, Version, asking, give, registry, tabulate

app = typer.Typer(no_args_is_help=True, help="Where the bytes of versions lie.")
BLOCK_BYTES = 1_048_576
TIMEOUT_SECONDS = 60.0
MAX_DETAIL = 1_000

Outcome = Literal["verified", "unverified", "differs"]


class Unreadable(Exception):
    """Why nobody can tell from here what lies there."""


@dataclass(frozen=True, slots=True)
class Checked:
    locator: str
    outcome: Outcome
    detail: str


@app.command()
def check(
    model: Model,
    version: Version,
    most_bytes: Annotated[int, typer.Option(min=1, help="What is longer is not read to its end.")] = 10_737_418_240,
    as_json: AsJson = False,
) -> None:
    """Read what lies at each locator and record what was found; exit code 1 unless all are verified.

    What can't be read to its end is recorded as unverified. `artifact://sha256:...` is the store of `tenure artifacts`.
    """
    path = registry("models", model, "versions", version)
    with asking() as client:
        said = client.get(path)
        found = [checked(one["locator"], said["artifact_digest"], most_bytes) for one in said["locators"]]
        for one in found:
            client.post(f"{path}/locators", {"locator": one.locator, "outcome": one.outcome, "detail": one.detail})
    rows = [(one.locator, one.outcome, one.detail) for one in found]
    if as_json:
        give([dict(zip(("locator", "outcome", "detail"), row, strict=True)) for row in rows])
    else:
        tabulate(("locator", "outcome", "detail"), rows)
    if any(one.outcome != "verified" for one in found):
        raise typer.Exit(1)


def checked(locator: str, digest: str, most_bytes: int) -> Checked:
    """Verified only after the last byte was read."""
    try:
        found = found_at(locator, digest, most_bytes)
    except Unreadable as why:
        return Checked(locator, "unverified", str(why)[:MAX_DETAIL])
    return Checked(locator, "verified" if found == digest else "differs", "" if found == digest else found)


def found_at(locator: str, digest: str, most_bytes: int) -> str:
    """The digest of what lies there. Raises Unreadable."""
    scheme, _, rest = locator.partition(":")
    match scheme:
        case "artifact":
            return _in_store(rest.removeprefix("//"))
        case "pkg":
            raise Unreadable("a package address says what it is, not where its bytes are: give a locator to them too")
        case "file" if Path(unquote(urlsplit(locator).path)).is_dir():
            return _directory(Path(unquote(urlsplit(locator).path)))
    with opened(locator) as blocks:
        return _digest(blocks, most_bytes)


def _digest(blocks: Iterator[bytes], most_bytes: int) -> str:
    whole, size = sha256(), 0
    for block in blocks:
        whole.update(block)
        size += len(block)
        if size > most_bytes:
            raise Unreadable(f"longer than {most_bytes} bytes: raise --most-bytes")
    return f"sha256:{whole.hexdigest()}"


@contextmanager
def opened(locator: str) -> Iterator[Iterator[bytes]]:
    """The bytes in blocks. Any trouble with them is Unreadable: what failed need not be the same for every store."""
    import httpx

    try:
        if locator.startswith(("http://", "https://")):
            with httpx.stream("GET", locator, timeout=TIMEOUT_SECONDS, follow_redirects=True) as answer:
                answer.raise_for_status()
                yield answer.iter_bytes(BLOCK_BYTES)
        else:
            with _file(locator) as content:
                yield iter(lambda: content.read(BLOCK_BYTES), b"")
    except Unreadable:
        raise
    except ImportError as missing:
        raise Unreadable(f"{missing}: pip install 'tenure[artifacts]' and the store's own extra") from None
    except Exception as failure:  # noqa: BLE001  # a store's library raises what it likes
        raise Unreadable(f"{type(failure).__name__}: {failure}") from None


def _file(locator: str) -> Any:
    import fsspec

    found: BinaryIO = fsspec.open(locator, "rb").open()
    return found


def _in_store(digest: str) -> str:
    """That of an artifact whose every byte the store could open and check."""
    try:
        from tenure_artifacts import ArtifactError, parse_digest

        from tenure.cli.artifacts import ring_here, store_of
    except ImportError as missing:
        raise Unreadable(f"{missing}: pip install 'tenure[artifacts]'") from None
    try:
        store_of(ring_here()).verify(parse_digest(digest))
    except (ArtifactError, OSError) as failure:
        raise Unreadable(f"{type(failure).__name__}: {failure}") from None
    return digest


def _directory(path: Path) -> str:
    try:
        from tenure_artifacts import ArtifactError
        from tenure_artifacts.layout import Layout
        from tenure_artifacts.source import measure
    except ImportError as missing:
        raise Unreadable(f"{missing}: pip install 'tenure[artifacts]'") from None
    try:
        return measure(path, Layout()).digest
    except (ArtifactError, OSError) as failure:
        raise Unreadable(f"{type(failure).__name__}: {failure}") from None
