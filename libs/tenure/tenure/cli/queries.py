"""tenure models, versions, contexts, rollouts: what there is, as tables."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tenure.cli.common import console, origin, run, token

models = typer.Typer(no_args_is_help=True, help="Models.")
versions = typer.Typer(no_args_is_help=True, help="Versions of a model.")
contexts = typer.Typer(no_args_is_help=True, help="Contexts and their freshness.")
rollouts = typer.Typer(no_args_is_help=True, help="Deployments, rollouts and routes.")
Model = Annotated[str, typer.Argument(help="The model's name.")]


async def _get(path: str, **query: Any) -> Any:
    from tenure.client import AsyncClient

    async with AsyncClient(origin(), token()) as client:
        return await client.get(path, **query)


def get(path: str, **query: Any) -> Any:
    return run(_get(path, **query))


@models.command("list")
def list_models() -> None:
    """All models with their versions."""
    table = Table("model", "owner", "versions")
    for model in get("/registry/v1/models")["items"]:
        stages = ", ".join(f"{v['model_version']} ({v['stage'] or 'registered'})" for v in model["versions"])
        table.add_row(model["model"], model["owner"], stages)
    console.print(table)


@models.command()
def create(model: Model, description: str = "") -> None:
    """Create a model."""
    from tenure.client import Client

    with Client(origin(), token()) as client:
        console.print(client.post("/registry/v1/models", {"model": model, "description": description}))


@versions.command("list")
def list_versions(model: Model) -> None:
    """A model's versions."""
    table = Table("version", "stage", "artifact")
    for version in get(f"/registry/v1/models/{model}")["versions"]:
        table.add_row(version["model_version"], version["stage"] or "", version["artifact_digest"])
    console.print(table)


@versions.command("show")
def show_version(model: Model, version: str) -> None:
    """One version with its evidence and approvals."""
    console.print(get(f"/registry/v1/models/{model}/versions/{version}"))


@contexts.command("list")
def list_contexts() -> None:
    """All contexts with their revisions."""
    table = Table("context", "revisions")
    for context in get("/context/v1/contexts")["items"]:
        table.add_row(context["name"], ", ".join(sorted(context["state"])))
    console.print(table)


@contexts.command()
def freshness(model: Model) -> None:
    """How old each context of a model is, beside its limit."""
    table = Table("context", "revision", "age s", "limit s", "verdict")
    for one in get("/context/v1/freshness", model=model):
        age = "never came" if one["age_seconds"] is None else f"{one['age_seconds']:.0f}"
        verdict = "fresh" if one["fresh"] else "stale"
        table.add_row(one["context"], str(one["revision"]), age, str(one["limit_seconds"]), verdict)
    console.print(table)


@rollouts.command("list")
def list_rollouts() -> None:
    """All deployments: what serves, and what is under way."""
    table = Table("deployment", "champion", "under way", "route")
    for one in get("/rollout/v1/deployments")["items"]:
        active = one["active"]
        going = f"{active['rollout']} step {active['step']}{' paused' if active['paused'] else ''}" if active else ""
        arms = one["route"]["arms"] if one["route"] else []
        route = ", ".join(f"{arm['release']} {arm['weight_percent']:g} %" for arm in arms)
        table.add_row(one["deployment"], one["champion"] or "", going, route)
    console.print(table)


@rollouts.command()
def serving(deployment: str, effective_at: str | None = None, as_of: str | None = None) -> None:
    """What served, at any moment."""
    console.print(get(f"/rollout/v1/deployments/{deployment}/serving", effective_at=effective_at, as_of=as_of))
