"""tenure log: the record itself, for auditors."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tenure.cli.common import console, log_address, run

if TYPE_CHECKING:
    from tenure.consumer import Verification

app = typer.Typer(no_args_is_help=True, help="Read and verify the log.")


@app.command()
def tail() -> None:
    """Print accepted events as they come, with the chain checked."""
    try:
        run(_print_events(None, until_end=False))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def cat(stream: Annotated[str | None, typer.Argument(help="Only this stream.")] = None) -> None:
    """Print all accepted events."""
    run(_print_events(stream, until_end=True))


async def _print_events(stream: str | None, *, until_end: bool) -> None:
    from tenure_eventlog.open import open_log

    from tenure.consumer import Consumer

    async with open_log(log_address()) as log:
        async for event in Consumer(log).events(until_end=until_end):
            about = event.attributes
            if stream in (None, about.subject):
                line = (
                    f"{about.time:%Y-%m-%d %H:%M:%S} {about.subject} {about.sequence} {event.name} by {about.auth_id}"
                )
                console.print(line, highlight=False)
                if stream:
                    console.print(dict(event.fields or {}))


@app.command()
def verify() -> None:
    """Give every record its verdict; exit 1 where a chain is broken."""
    found = run(_verified())
    console.print(f"{found.records} records, {found.counts}, {len(found.heads)} streams: every chain holds.")


@app.command()
def orphans() -> None:
    """List every orphan with the accepted event that stands in its place."""
    table = Table("where", "verdict", "stream", "sequence", "beaten by")
    for loser in run(_verified()).losers:
        where = f"{loser.record.topic}/{loser.record.partition}@{loser.record.offset}"
        table.add_row(where, loser.verdict, loser.stream, str(loser.sequence), loser.beaten_by or "")
    console.print(table)


@app.command()
def heads() -> None:
    """Print each stream's head: keep it, and you can tell later whether the record was edited."""
    for stream, head in sorted(run(_verified()).heads.items()):
        console.print(f"{stream} {head.sequence} {head.digest}", highlight=False)


async def _verified() -> "Verification":
    from tenure_eventlog.open import open_log

    from tenure.consumer import verify

    async with open_log(log_address()) as log:
        return await verify(log)
