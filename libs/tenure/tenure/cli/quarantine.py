"""tenure quarantine: the records that a processor could not read, and what is done about them."""

from base64 import b64decode
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from tenure.cli.asking import AsJson, all_pages, asking, end, give, say, tabulate

if TYPE_CHECKING:
    from tenure.client import Client

app = typer.Typer(no_args_is_help=True, help="Records that could not be read: look, replay, discard.")


class Service(StrEnum):
    """Who keeps a quarantine."""

    CONTEXT = "context"
    MONITOR = "monitor"


Of = Annotated[Service, typer.Option("--of", help="Whose quarantine.")]
Cause = Annotated[str | None, typer.Option("--reason", help="Only what could not be read for this reason.")]
Topic = Annotated[str | None, typer.Option(help="Only records of this topic.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only of this partition.")]
Offset = Annotated[int | None, typer.Option(min=0, help="Only this one record of the partition.")]
Scope = Annotated[str | None, typer.Option(help="Only what is held for this reader alone, as CONTEXT@REVISION.")]


def path(service: Service, *names: object) -> str:
    """Below the service's quarantine."""
    return "/".join((f"/{service.value}/v1/quarantine", *(quote(str(name), safe="") for name in names)))


@app.command("list")
def list_held(
    of: Of = Service.CONTEXT,
    reason: Cause = None,
    topic: Topic = None,
    partition: Partition = None,
    scope: Scope = None,
    discarded: Annotated[bool, typer.Option("--discarded", help="What was discarded, by whom and why.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List held records with their reasons; first the counts, and what has stopped."""
    asked = {"reason": reason, "topic": topic, "partition": _text(partition), "scope": scope}
    asked["discarded"] = "true" if discarded else None
    with asking() as client:
        summary = client.get(path(of), headers=None, **asked, limit=1)
        items = all_pages(client, path(of), limit, **asked)
    if as_json:
        return give({"items": items, **{name: summary[name] for name in ("counts", "passed", "trouble")}})
    for sentence in summary["trouble"]:
        say(sentence)
    for one in summary["counts"]:
        say(f"{one['records']} of {one['topic']}/{one['partition']}: {one['reason']}")
    for one in summary["passed"]:
        place = f"{one['topic']}/{one['partition']}"
        say(f"{one['records']} of {place}: {one['reason']}, counted for {one['scope']}, not kept")
    tabulate(("place", "reason", "scope", "held since", "discarded"), [_row(one) for one in items])


@app.command()
def show(
    topic: Annotated[str, typer.Argument(help="The record's topic.")],
    partition: Annotated[int, typer.Argument(min=0)],
    offset: Annotated[int, typer.Argument(min=0)],
    of: Of = Service.CONTEXT,
    body: Annotated[bool, typer.Option("--body", help="The record itself too; that you read it is noted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show why a record is held, and with --body what it says."""
    with asking() as client:
        held = client.get(path(of, topic, partition, offset))
        record = client.get(path(of, topic, partition, offset, "record")) if body else None
    if as_json:
        return give({"held": held, "record": record})
    tabulate(("place", "reason", "scope", "held since", "discarded"), [_row(one) for one in held])
    if record:
        say(f"key: {_shown(record['key'])}")
        say(f"value: {record['text'] if record['text'] is not None else _shown(record['value'])}")


@app.command()
def replay(
    of: Of = Service.CONTEXT,
    reason: Cause = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    scope: Scope = None,
    as_json: AsJson = False,
) -> None:
    """Give held records to the processor again, as they came; each takes effect once, however often this is called."""
    which = _which(reason, topic, partition, offset, scope)
    with asking() as client:
        records, again = _throughout(client, path(of, "replay"), which)
    if as_json:
        return give({"records": records, "again": again})
    say(f"{records - again} of {records} records could be read now" + (f", {again} are held again." if again else "."))


@app.command()
def discard(
    because: Annotated[str, typer.Option("--because", help="Why; stays on the record.")],
    of: Of = Service.CONTEXT,
    reason: Cause = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    scope: Scope = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Drop held records for ever; who did it, when and why stays."""
    which = _which(reason, topic, partition, offset, scope)
    if not yes:
        typer.confirm("What they say is gone then. Go on?", abort=True)
    with asking() as client:
        records, _ = _throughout(client, path(of, "discard"), {**which, "why": because})
    if as_json:
        return give({"records": records})
    say(f"{records} records are discarded.")


def _throughout(client: "Client", where: str, body: Mapping[str, Any]) -> tuple[int, int]:
    """All that the body names, a thousand at a time; how many, and how many are held again."""
    records = again = 0
    cursor: str | None = None
    while True:
        done = client.post(where, {**body, "cursor": cursor})
        records, again, cursor = records + done["records"], again + done["again"], done["next"]
        if cursor is None:
            return records, again


def _which(
    reason: str | None, topic: str | None, partition: int | None, offset: int | None, scope: str | None
) -> dict[str, Any]:
    if not (reason or topic or scope):
        end("Say which records: --reason, --topic or --scope.")
    if offset is not None and partition is None:
        end("An offset is one of a partition: --partition too.")
    return {"reason": reason, "topic": topic, "partition": partition, "offset": offset, "scope": scope}


def _row(held: Mapping[str, Any]) -> tuple[object, ...]:
    gone = held["discarded"]
    place = f"{held['topic']}/{held['partition']}/{held['offset']}"
    return place, held["reason"], held["scope"], held["held_at"], f"{gone['by']}: {gone['why']}" if gone else None


def _shown(base64: str | None) -> str:
    return "null" if base64 is None else repr(b64decode(base64))[1:]


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
