"""tenure contexts, rollouts: what there is, as tables."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, Model, asking, give, show, tabulate

contexts = typer.Typer(no_args_is_help=True, help="Contexts and their freshness.")
rollouts = typer.Typer(no_args_is_help=True, help="Deployments, rollouts and routes.")


@contexts.command("list")
def list_contexts(as_json: AsJson = False) -> None:
    """List contexts with their revisions."""
    with asking() as client:
        found = client.get("/context/v1/contexts")["items"]
    if as_json:
        return give(found)
    tabulate(("context", "revisions"), [(one["name"], ", ".join(sorted(one["state"]))) for one in found])


@contexts.command()
def freshness(model: Model, as_json: AsJson = False) -> None:
    """Show how old each context of a model is, beside its limit."""
    with asking() as client:
        found = client.get("/context/v1/freshness", model=model)
    if as_json:
        return give(found)
    rows = [
        (
            one["context"],
            one["revision"],
            "never came" if one["age_seconds"] is None else f"{one['age_seconds']:.0f}",
            one["limit_seconds"],
            "fresh" if one["fresh"] else "stale",
        )
        for one in found
    ]
    tabulate(("context", "revision", "age s", "limit s", "verdict"), rows)


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
