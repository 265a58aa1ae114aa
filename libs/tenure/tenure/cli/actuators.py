"""tenure actuators: which gateways turn routes into traffic, and the processes that keep them to it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.asking import AsJson, Reason, all_pages, asking, end, give, say, tabulate, tell
from tenure.cli.common import origin, run, token

if TYPE_CHECKING:
    from tenure.actuators.gateway import Gateway

app = typer.Typer(no_args_is_help=True, help="Gateways and routers that turn routes into traffic.")
PATH = "/rollout/v1/actuators"
LIMIT = 1_000

Name = Annotated[str, typer.Argument(help="The actuator's name.")]
Deployment = Annotated[str, typer.Option(help="As model@environment.")]


@app.command("list")
def list_actuators(as_json: AsJson = False) -> None:
    """Show what is registered, and what each can do."""
    with asking() as client:
        found = all_pages(client, PATH, LIMIT)
    if as_json:
        return give(found)
    head = ("actuator", "kind", "deployments", "can", "finest %", "address")
    rows = [
        (one["actuator"], one["kind"], ", ".join(one["deployments"]), ", ".join(one["capabilities"]),
         one["finest_percent"], one["address"])
        for one in found
    ]  # fmt: skip
    tabulate(head, rows)


@app.command()
def retire(name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Ask it for nothing any more; no rollout waits for it."""
    with asking() as client:
        receipt = client.post(f"{PATH}/{name}/retire", {"reason": reason})
    tell(receipt, as_json, f"{name} is retired")


@app.command()
def haproxy(
    name: Name,
    deployment: Deployment,
    socket: Annotated[str, typer.Option(help="HAProxy's runtime socket, of level admin: a path, or host:port.")],
    backend: Annotated[str, typer.Option(help="Its servers are named after releases: r2, or r2:1 and r2:2.")],
) -> None:
    """Keep a backend of HAProxy to a deployment's routes, till Ctrl-C."""
    from tenure.actuators.haproxy import HAProxy

    run(_keep(name, deployment, HAProxy(socket, backend)))


@app.command()
def webhook(
    name: Name,
    deployment: Deployment,
    url: Annotated[str, typer.Option(help="What is told each route, and answers what the gateway does.")],
    secret_file: Annotated[Path, typer.Option(help="Of `whsec_` and base64, known to the receiver too.")],
    can: Annotated[list[str], typer.Option(help="weights, headers, mirror or tuple; repeatable.")],
    finest_percent: Annotated[float, typer.Option(help="How far off a share may be.")] = 0.5,
) -> None:
    """Tell a gateway of any make of a deployment's routes, till Ctrl-C."""
    from tenure_dispatch.webhooks.signature import is_secret

    from tenure.actuators.webhook import Webhook

    try:
        secret = secret_file.read_text().strip()
    except OSError as failure:
        end(f"{secret_file} can't be read: {failure.strerror}.")
    if not is_secret(secret):
        end(f"{secret_file} holds no secret: `whsec_` and base64, as `openssl rand -base64 32` makes it.")
    run(_keep(name, deployment, Webhook(url, secret, can, finest_percent)))


async def _keep(name: str, deployment: str, gateway: "Gateway") -> None:
    from tenure.actuators.actuating import Actuation
    from tenure.client import AsyncClient

    async with AsyncClient(origin(), token()) as client:
        actuation = Actuation(client, name, deployment, gateway)
        await actuation.register()
        async with actuation.running():
            say(f"{name} follows the routes of {deployment}")
            await asyncio.Event().wait()
