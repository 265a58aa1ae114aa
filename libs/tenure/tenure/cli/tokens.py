"""tenure tokens: who may do what."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from tenure_service.tokens import ROLES, ApproverKind, Role, TokenStore

from tenure.cli.common import console, errors, home

app = typer.Typer(no_args_is_help=True, help="Make and list principals.")


def store() -> TokenStore:
    return TokenStore(Path(os.environ.get("TENURE_TOKENS", home() / "tokens.json")))


@app.command()
def create(
    name: str,
    role: Annotated[list[str], typer.Option(help=f"One or more of {', '.join(ROLES)}.")],
    kind: Annotated[str | None, typer.Option(help="An approver's: risk, compliance, security or business.")] = None,
) -> None:
    """Make a principal and print its secret, this once."""
    unknown = [r for r in role if r not in ROLES]
    if unknown or kind not in (None, "risk", "compliance", "security", "business"):
        errors.print(f"Unknown: {', '.join(unknown) or kind}")
        raise typer.Exit(2)
    roles: list[Role] = [r for r in ROLES if r in role]
    approver: ApproverKind | None = kind  # type: ignore[assignment]  # checked above
    try:
        console.print(store().create(name, roles, approver), highlight=False)
    except ValueError as taken:
        errors.print(str(taken))
        raise typer.Exit(1) from None


@app.command("list")
def list_tokens() -> None:
    """Show who there is; never a secret."""
    table = Table("name", "id", "roles", "approver kind")
    for principal in store().all():
        table.add_row(principal.name, principal.id, ", ".join(sorted(principal.roles)), principal.kind or "")
    console.print(table)
