"""tenure rollouts: what there is, as tables."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, asking, give, show, tabulate

rollouts = typer.Typer(no_args_is_help=True, help="Deployments, rollouts and routes.")


@rollouts.command("list")
def list_rollouts(as_json: AsJson = False) -> None:
    """List deployments: what serves, and what is under way."""
    with asking() as client:
        found = client.get("/rollout/v1/deployments")["items"]
    if as_json:
        return give(found)
    rows = []
    for one in found:
        active = one["active"]
        going = f"{active['rollout']} step {active['step']}{' paused' if active['paused'] else ''}" if active else ""
        arms = one["route"]["arms"] if one["route"] else []
        route = ", ".join(f"{arm['release']} {arm['weight_percent']:g} %" for arm in arms)
        rows.append((one["deployment"], one["champion"], going, route))
    tabulate(("deployment", "champion", "under way", "route"), rows)


@rollouts.command()
def serving(
    deployment: Annotated[str, typer.Argument(help="MODEL@ENVIRONMENT.")],
    effective_at: str | None = None,
    as_of: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Show what served, at any moment."""
    with asking() as client:
        path = f"/rollout/v1/deployments/{deployment}/serving"
        show(client.get(path, effective_at=effective_at, as_of=as_of), as_json)
