"""tenure snapshots: training tables, pinned, written and built again."""

from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.artifacts import ring_made_here, store_of, told
from tenure.cli.asking import AsJson, asking, give, show, tabulate

app = typer.Typer(no_args_is_help=True, help="Pin what models are trained on.")
Snapshot = Annotated[str, typer.Argument(help="The snapshot's name.")]
Spine = Annotated[Path | None, typer.Option(help="Parquet: the context's key columns, and each row's own time.")]
Time = Annotated[str | None, typer.Option(help="The spine's column of time.")]


@app.command()
def pin(
    snapshot: Snapshot,
    context: Annotated[str, typer.Option(help="The context.")],
    revision: Annotated[int, typer.Option(help="Its revision.")],
    spine: Spine = None,
    time: Time = None,
    ranges_only: Annotated[bool, typer.Option("--ranges-only", help="Pin the changes, write no rows.")] = False,
) -> None:
    """Pin a context's changes, and write its rows as they are now, or as of each time in a spine."""
    body: dict[str, object] = {
        "snapshot": snapshot,
        "context": context,
        "revision": revision,
        "table": not ranges_only,
    }
    if spine:
        with told():
            body |= {"spine": store_of(ring_made_here()).push(spine).digest, "time": time}
    with asking() as client:
        client.post("/context/v1/snapshots", body)
        show(client.get(f"/context/v1/snapshots/{snapshot}"), False)


@app.command("list")
def list_snapshots(as_json: AsJson = False) -> None:
    """List snapshots, and what was written of each."""
    with asking() as client:
        found = client.get("/context/v1/snapshots")["items"]
    if as_json:
        return give(found)
    rows = []
    for one in found:
        state = one["state"]
        table = state["table"]
        written = f"{table['rows']} rows, {table['artifact'][:19]}" if table else "ranges only"
        rows.append((one["name"], f"{state['context']} {state['revision']}", state["records"], written))
    tabulate(("snapshot", "context", "changes", "table"), rows)


@app.command()
def rebuild(
    snapshot: Snapshot,
    time: Time = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 where it is not the same.")] = False,
) -> None:
    """Build the table again from the retained changes, and compare its digest."""
    with asking() as client:
        found = client.post(f"/context/v1/snapshots/{snapshot}/rebuild", {"time": time})
    show(found, False)
    if check and not found["equal"]:
        raise typer.Exit(1)
