"""tenure inbox: the keys of those who don't call the API."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tenure.cli.common import console, errors, home
from tenure.cli.tokens import duration, end_after, store

if TYPE_CHECKING:
    from tenure_registry.inbox.keys import InboxKeys

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke keys that sign records and webhooks.")


def keys() -> "InboxKeys":
    from tenure_registry.inbox.keys import InboxKeys, keys_beside

    return InboxKeys(store(), keys_beside(Path(os.environ.get("TENURE_TOKENS", home() / "tokens.json"))))


@app.command()
def create(
    token: Annotated[str, typer.Argument(help="Who it speaks for: the name of a token, `tenure tokens list`.")],
    days: Annotated[float | None, typer.Option(min=0, help="How long it is good for; for ever by default.")] = None,
) -> None:
    """Make a key and print its id and its secret, this once."""
    with _told(f"There is no token named {token}: `tenure tokens create {token} --role producer`"):
        _print(*keys().create(token, end_after(days)))


@app.command("list")
def list_keys() -> None:
    """Show the keys; never a secret."""
    names = {principal.id: principal.name for principal in store().all()}
    table = Table("key", "speaks for", "made", "good until")
    with _told(""):
        found = keys().all()
    for id_, key in sorted(found.items(), key=lambda item: item[1].made_at):
        end = f"{key.expires_at:%Y-%m-%d %H:%M}Z" if key.expires_at else "it is revoked"
        end += " (expired)" if key.expired(datetime.now(UTC)) else ""
        table.add_row(id_, names.get(key.principal, f"{key.principal}, whose token is gone"), f"{key.made_at:%F}", end)
    console.print(table)


@app.command()
def rotate(
    key: Annotated[str, typer.Argument(help="The id of the key whose place the new one takes.")],
    grace: Annotated[str, typer.Option(help="How long the old one stays good: 30m, 24h, 7d or 0.")] = "24h",
) -> None:
    """Print a new key of the same principal, this once; the old one stays good for a while."""
    with _told(f"There is no key {key}: `tenure inbox list`"):
        _print(*keys().rotate(key, duration(grace)))


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Refuse at once what is signed with it, and what still waits."""
    with _told(f"There is no key {key}: `tenure inbox list`"):
        keys().revoke(key)
    console.print(f"{key} signs nothing any more; what it did stays on the log.", highlight=False)


def _print(key: str, secret: str) -> None:
    console.print(f"key {key}\nsecret {secret}", highlight=False, soft_wrap=True)


@contextmanager
def _told(missing: str) -> Iterator[None]:
    """An expected failure is one line."""
    from tenure_registry.inbox.errors import KeysExposed

    try:
        yield
    except KeyError:
        _end(missing)
    except (ValueError, KeysExposed) as refusal:
        _end(str(refusal))


def _end(message: str) -> None:
    errors.print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1) from None
