"""tenure import: what other registries hold."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from tenure.cli.common import console, errors, origin, run, token

if TYPE_CHECKING:
    import httpx

    from tenure.mlflow_import import Imported

TIMEOUT_SECONDS = 60.0

app = typer.Typer(no_args_is_help=True, help="Bring other registries over; run it again as often as you like.")


@app.callback()
def main() -> None:
    """Bring other registries over; run it again as often as you like."""


def address(text: str) -> str:
    """An http(s) URL without a trailing slash. Raises BadParameter."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise typer.BadParameter(f"{text!r} is no tracking server: write https://mlflow.example")
    return text.rstrip("/")


@app.command()
def mlflow(
    uri: Annotated[str, typer.Argument(parser=address, help="The tracking server, http:// or https://.")],
    family: Annotated[str | None, typer.Option(help="The family of models that are new here.")] = None,
) -> None:
    """Models, versions, tags, aliases, and runs' metrics as inconclusive evidence; exits 1 where any was refused."""
    imported = run(_import(uri, family))
    for line in lines(imported):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if imported.refused:
        raise typer.Exit(1)


async def _import(uri: str, family: str | None) -> "Imported":
    import httpx

    from tenure.client import AsyncClient
    from tenure.mlflow_import import MlflowImport
    from tenure.mlflow_registry import MlflowRegistry, MlflowUnreadable

    tracker = httpx.AsyncClient(
        base_url=uri, timeout=TIMEOUT_SECONDS, auth=authority(), transport=httpx.AsyncHTTPTransport(retries=2)
    )
    try:
        async with tracker, AsyncClient(origin(), token()) as client:
            return await MlflowImport(MlflowRegistry(tracker), client, family).run()
    except MlflowUnreadable as unreadable:
        errors.print(f"MlflowUnreadable: {unreadable}", style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def authority() -> "httpx.Auth | None":
    """As MLflow's own client finds it in the environment."""
    import httpx

    from tenure.mlflow_registry import Bearer

    if bearer := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return Bearer(bearer)
    if user := os.environ.get("MLFLOW_TRACKING_USERNAME"):
        return httpx.BasicAuth(user, os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))
    return None


def lines(imported: "Imported") -> Iterator[str]:
    """For people: counts, then each refusal with its reason."""
    for word, counts in (("new", imported.new), ("same", imported.same)):
        told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        yield f"{word}: {told or 'nothing'}"
    yield f"refused: {len(imported.refused) + imported.untold or 'nothing'}"
    yield from (f"  {sentence}" for sentence in imported.refused)
