"""tenure families: what models inherit."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, asking, registry, show, tell

app = typer.Typer(no_args_is_help=True, help="Families: owner, policy and contexts that models inherit.")
Family = Annotated[str, typer.Argument(help="The family's name.")]
Owner = Annotated[str | None, typer.Option(help="A principal's id, as `tenure tokens list` shows it.")]
Policy = Annotated[str | None, typer.Option(help="A published policy.")]
RiskTier = Annotated[str | None, typer.Option(help="One of its policy's risk tiers.")]
Contexts = Annotated[list[str] | None, typer.Option("--context", help="A context that it uses; repeatable.")]


@app.command()
def create(
    family: Family,
    description: str = "",
    owner: Owner = None,
    policy: Policy = None,
    risk_tier: RiskTier = None,
    context: Contexts = None,
    as_json: AsJson = False,
) -> None:
    """Create a family. Without an owner it is who asks."""
    body = {
        "family": family,
        "description": description,
        "owner": owner,
        "policy": policy,
        "risk_tier": risk_tier,
        "contexts": context or [],
    }
    with asking() as client:
        tell(client.post(registry("families"), body), as_json, f"Family {family} is there.")


@app.command("show")
def show_family(family: Family, as_json: AsJson = False) -> None:
    """Show one family."""
    with asking() as client:
        show(client.get(registry("families", family)), as_json)
