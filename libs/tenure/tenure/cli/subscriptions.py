"""tenure subscriptions: who is told of events by webhook, and how that goes."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tenure.cli.asking import AsJson, Reason, all_pages, asking, end, give, say, show, tabulate
from tenure.cli.common import seconds_of

app = typer.Typer(no_args_is_help=True, help="Webhooks: subscribe, look, replay, deliver again.")

Name = Annotated[str, typer.Argument(help="The subscription's name.")]
Start = Annotated[
    str, typer.Option("--from", help="beginning, now, an instant, or TOPIC/PARTITION=OFFSET with commas between.")
]
Types = Annotated[list[str] | None, typer.Option("--type", help="As dev.tenure.rollout.*; repeatable.")]
Streams = Annotated[list[str] | None, typer.Option("--stream", help="As registry/model/fraud; repeatable.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]


def path(*names: str) -> str:
    """Below dispatch's prefix; each name stays one segment."""
    return "/dispatch/v1/subscriptions" + "".join(f"/{quote(name, safe='')}" for name in names)


@app.command()
def create(
    name: Name,
    url: Annotated[str, typer.Argument(help="Where to, as https://ci.example.com/tenure.")],
    types: Types = None,
    streams: Streams = None,
    start: Start = "now",
    as_json: AsJson = False,
) -> None:
    """Subscribe, and print the secret that deliveries are signed with, this once."""
    wanted = {"subscription": name, "url": url, "types": types or [], "streams": streams or []}
    with asking() as client:
        made = client.post(path(), {**wanted, "start": start_of(start)})
    _secret(made, as_json, f"{name} gets events at {url}.")


@app.command("list")
def list_subscriptions(limit: Limit = 200, as_json: AsJson = False) -> None:
    """List subscriptions with how far they are behind."""
    with asking() as client:
        items = all_pages(client, path(), limit)
    if as_json:
        return give(items)
    head = ("subscription", "status", "behind", "dead letters", "address", "trouble")
    tabulate(head, [_row(one) for one in items])


@app.command("show")
def show_subscription(name: Name, as_json: AsJson = False) -> None:
    """Show a subscription, what stands in its way, and what was done to it."""
    with asking() as client:
        found = client.get(path(name))
        changes = client.get(path(name, "changes"))["items"]
    show({**found, "changes": changes}, as_json)


@app.command()
def pause(name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Deliver nothing for a while; nothing is lost."""
    _change(name, "pause", {"reason": reason}, as_json, f"{name} is paused.")


@app.command()
def resume(name: Name, as_json: AsJson = False) -> None:
    """Go on where it was paused, or where its receiver said that it is gone."""
    _change(name, "resume", None, as_json, f"{name} goes on.")


@app.command()
def rotate(
    name: Name,
    grace: Annotated[str, typer.Option(help="How long the old one signs too: 30m, 24h, 7d or 0s.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Print a new secret, this once; for a while the old one signs as well."""
    with asking() as client:
        made = client.post(path(name, "rotate"), {"grace_seconds": seconds_of(grace)})
    _secret(made, as_json, f"{name} has a new secret.")


@app.command()
def replay(name: Name, start: Start, as_json: AsJson = False) -> None:
    """Deliver again from there on, under the same ids."""
    _change(name, "replay", {"start": start_of(start)}, as_json, f"{name} is delivered again.")


@app.command("dead-letters")
def dead_letters(name: Name, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List what was given up."""
    with asking() as client:
        items = all_pages(client, path(name, "dead-letters"), limit)
    if as_json:
        return give(items)
    head = ("event", "type", "stream", "tries", "since", "last failure")
    fields = ("event", "type", "stream", "attempts", "failing_since", "failure")
    tabulate(head, [[one[field] for field in fields] for one in items])


@app.command()
def redeliver(
    name: Name,
    event: Annotated[list[str] | None, typer.Option(help="An event's id; repeatable.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that was given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try once more what was given up."""
    if everything == bool(event):
        end("Say which: --event ID, or --all.")
    _change(name, "dead-letters/redeliver", {"events": event or None}, as_json, "They are tried once more.")


@app.command("test")
def send_test(name: Name, as_json: AsJson = False) -> None:
    """Send one signed event that is on no log, and say what became of it; exit code 1 where it was not taken."""
    with asking() as client:
        told = client.post(path(name, "test"))
    if as_json:
        give(told)
    elif told["delivered"]:
        say(f"It was taken with {told['status']} in {told['seconds']} s.")
    if not told["delivered"]:
        end(f"It was not taken: {told['failure']}")


@app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """End a subscription, with its secrets and dead letters."""
    with asking() as client:
        told = client.delete(path(name))
    if as_json:
        return give(told)
    say(f"{name} is deleted.")


def start_of(text: str) -> Any:
    """As the API takes it. Raises BadParameter."""
    if "=" not in text:
        return text
    found = {}
    for part in text.split(","):
        place, _, offset = part.strip().partition("=")
        if not offset.isdecimal():
            raise typer.BadParameter(f"{part!r} is no TOPIC/PARTITION=OFFSET")
        found[place] = int(offset)
    return found


def _change(name: str, action: str, body: Any, as_json: bool, done: str) -> None:
    with asking() as client:
        told = client.post(f"{path(name)}/{action}", body)
    if as_json:
        return give(told)
    say(done if told["changed"] else "It was so already.")


def _secret(made: dict[str, Any], as_json: bool, done: str) -> None:
    if as_json:
        return give(made)
    say(done)
    say(f"secret {made['secret']}")


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    trouble = one["reason"] or one["trouble"] or next((f["failure"] for f in one["failing"]), None)
    return (one["subscription"], one["status"], one["behind_records"], one["dead_letters"], one["url"], trouble)
