"""tenure tokens: who may do what."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from tenure_service.tokens import ROLES, ApproverKind, Role, TokenStore

from tenure.cli.common import console, errors, home

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke principals.")


def store() -> TokenStore:
    return TokenStore(Path(os.environ.get("TENURE_TOKENS", home() / "tokens.json")))


@app.command()
def create(
    name: str,
    role: Annotated[list[str], typer.Option(help=f"One or more of {', '.join(ROLES)}.")],
    kind: Annotated[str | None, typer.Option(help="An approver's: risk, compliance, security or business.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Command only models of this family; repeatable.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="How long it is good for; for ever by default.")] = None,
) -> None:
    """Make a principal and print its secret, this once."""
    unknown = [r for r in role if r not in ROLES]
    if unknown or kind not in (None, "risk", "compliance", "security", "business"):
        errors.print(f"Unknown: {', '.join(unknown) or kind}")
        raise typer.Exit(2)
    roles: list[Role] = [r for r in ROLES if r in role]
    approver: ApproverKind | None = kind  # type: ignore[assignment]  # checked above
    expires_at = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    try:
        console.print(store().create(name, roles, approver, "user", expires_at, family or ()), highlight=False)
    except ValueError as taken:
        errors.print(str(taken))
        raise typer.Exit(1) from None


@app.command("list")
def list_tokens() -> None:
    """Show who there is; never a secret."""
    table = Table("name", "id", "roles", "approver kind", "families", "good until")
    for principal in store().all():
        families = ", ".join(sorted(principal.families)) if principal.families is not None else "all"
        until = f"{principal.expires_at:%Y-%m-%d %H:%M}Z" if principal.expires_at else "it is revoked"
        table.add_row(
            principal.name, principal.id, ", ".join(sorted(principal.roles)), principal.kind or "", families, until
        )
    console.print(table)


@app.command()
def revoke(name: str) -> None:
    """Refuse a principal's token, within a second where services run; its name is free for a new principal."""
    try:
        store().revoke(name)
    except KeyError:
        errors.print(f"There is no token named {name}: `tenure tokens list`")
        raise typer.Exit(1) from None
    console.print(f"The token of {name} is refused from now on; what it did stays on the log.", highlight=False)
