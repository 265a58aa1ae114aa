"""tenure shadow: what another release would have answered."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.asking import asking, end, say
from tenure.cli.common import log_address, origin, run, seconds_of, token
from tenure.cli.releases import Deployment, rollout

if TYPE_CHECKING:
    from tenure.shadow import Replayed

app = typer.Typer(no_args_is_help=True, help="Answers that nobody sees, beside those that were given.")


@app.command()
def replay(
    deployment: Deployment,
    release: Annotated[str, typer.Option(help="The release that is asked.")],
    url: Annotated[str, typer.Option(help='Where it answers: POST of the request, {"score": 0.3} back.')],
    last: Annotated[str, typer.Option(help="Requests of this time, as 6h.")] = "6h",
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 10_000,
) -> None:
    """Ask a release what others were asked, and tell monitor of the pairs, by which a rollout is judged."""
    with asking() as client:
        releases = client.get(rollout("deployments", deployment))["releases"]
    version = next((one["model_version"] for one in releases if one["release"] == release), None)
    if version is None:
        end(f"not-found: there is no release {release} of {deployment}. `tenure releases list` shows what there is.")
    found = run(_replay(deployment, release, version, url, timedelta(seconds=seconds_of(last)), most))
    say(f"{found.asked} requests were asked again, of which {found.failed} failed.")
    if found.without:
        say(f"{found.without} answers were left out: their telemetry has no `request`.")


async def _replay(deployment: str, release: str, version: str, url: str, last: timedelta, most: int) -> "Replayed":
    import httpx
    from tenure_eventlog.open import open_log

    from tenure.client import AsyncClient
    from tenure.shadow import Candidate, over_http, replay

    async with open_log(log_address()) as log, AsyncClient(origin(), token()) as client, httpx.AsyncClient() as http:
        candidate = Candidate(deployment, release, version, over_http(http, url))
        return await replay(log, client, candidate, last, most)
