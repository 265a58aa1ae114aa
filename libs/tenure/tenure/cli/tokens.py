"""tenure tokens: who may do what."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tenure.cli.common import console, errors, home

if TYPE_CHECKING:  # the services' library takes a second to load, which `--help` has no use for
    from tenure_service.tokens import ApproverKind, Principal, Role, TokenStore

ROLES_HELP = "One or more of viewer, producer, engineer, approver, operator, auditor, admin, backdate."
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke principals' tokens.")


def store() -> "TokenStore":
    from tenure_service.tokens import TokenStore

    return TokenStore(Path(os.environ.get("TENURE_TOKENS", home() / "tokens.json")))


def duration(text: str) -> timedelta:
    """`30m`, `24h`, `7d` or `0`. Raises BadParameter."""
    if text == "0":
        return timedelta(0)
    if not (found := re.fullmatch(r"([0-9]{1,6})([mhd])", text)):
        raise typer.BadParameter(f"{text!r} is no duration: write 30m, 24h, 7d or 0")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def end_after(days: float | None) -> datetime | None:
    return datetime.now(UTC) + timedelta(days=days) if days is not None else None


@app.command()
def create(
    name: str,
    role: Annotated[list[str], typer.Option(help=ROLES_HELP)],
    kind: Annotated[str | None, typer.Option(help="An approver's: risk, compliance, security or business.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Command only models of this family; repeatable.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="How long it is good for; for ever by default.")] = None,
) -> None:
    """Make a principal and print its secret, this once."""
    from tenure_service.tokens import ROLES

    unknown = [r for r in role if r not in ROLES]
    if unknown or kind not in (None, "risk", "compliance", "security", "business"):
        errors.print(f"Unknown: {', '.join(unknown) or kind}")
        raise typer.Exit(2)
    roles: list[Role] = [r for r in ROLES if r in role]
    approver: ApproverKind | None = kind  # type: ignore[assignment]  # checked above
    try:
        console.print(store().create(name, roles, approver, "user", end_after(days), family or ()), highlight=False)
    except ValueError as taken:
        errors.print(str(taken))
        raise typer.Exit(1) from None


@app.command("list")
def list_tokens() -> None:
    """Show who there is; never a secret."""
    table = Table("name", "id", "roles", "approver kind", "families", "good until")
    for principal in store().all():
        families = ", ".join(sorted(principal.families)) if principal.families is not None else "all"
        table.add_row(
            principal.name,
            principal.id,
            ", ".join(sorted(principal.roles)),
            principal.kind or "",
            families,
            good_until(principal),
        )
    console.print(table)


def good_until(principal: "Principal") -> str:
    """The end of its secret's time, and whether that is over, or a newer secret is there."""
    if principal.expires_at is None:
        return "it is revoked"
    notes = ["expired"] if principal.expired(datetime.now(UTC)) else []
    notes += ["old secret"] if principal.superseded else []
    end = f"{principal.expires_at:%Y-%m-%d %H:%M}Z"
    return f"{end} ({', '.join(notes)})" if notes else end


@app.command()
def rotate(
    name: str,
    grace: Annotated[str, typer.Option(help="How long the old secret stays good: 30m, 24h, 7d or 0.")] = "24h",
    days: Annotated[float | None, typer.Option(min=0, help="Of the new one; by default as the old one.")] = None,
) -> None:
    """Print a new secret for the same principal, this once; the old one stays good for a while."""
    from tenure_service.tokens import write_private

    tokens, kept = store(), home() / "owner-token"
    try:
        holds_it = kept.exists() and tokens.principal(kept.read_text().strip()) == tokens.named(name)
        secret = tokens.rotate(name, duration(grace), end_after(days))
    except KeyError:
        errors.print(f"There is no token named {name}: `tenure tokens list`")
        raise typer.Exit(1) from None
    except ValueError as refusal:
        errors.print(str(refusal))
        raise typer.Exit(1) from None
    if holds_it:
        write_private(kept, secret.encode())
    console.print(secret, highlight=False)


@app.command()
def revoke(name: str) -> None:
    """Refuse a principal's token, within a second where services run; its name is free for a new principal."""
    try:
        store().revoke(name)
    except KeyError:
        errors.print(f"There is no token named {name}: `tenure tokens list`")
        raise typer.Exit(1) from None
    console.print(f"The token of {name} is refused from now on; what it did stays on the log.", highlight=False)
