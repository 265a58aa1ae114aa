"""tenure access: who asked for what, for auditors."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.common import console, log_address, run
from tenure.cli.tokens import store

if TYPE_CHECKING:
    from tenure.access_report import Activity, Report, Window

app = typer.Typer(no_args_is_help=True, help="Who asked for what, and was let or refused.")


def instant(text: str) -> datetime:
    """An instant with its time zone, or a day, which begins at midnight UTC. Raises BadParameter."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant: write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    if at.tzinfo is None and len(text) > len("2026-01-31"):
        raise typer.BadParameter(f"{text!r} has no time zone: write {text}Z for UTC")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@app.command()
def report(
    since: Annotated[datetime | None, typer.Option(parser=instant, help="Recorded at or after this instant.")] = None,
    until: Annotated[datetime | None, typer.Option(parser=instant, help="Recorded before this instant.")] = None,
    principal: Annotated[str | None, typer.Option(help="Only this one: an id, or a name of the token file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines, with the offsets read up to.")] = False,
) -> None:
    """Per principal: accepted by event, refused by rule, sensitive reads, first and last instant."""
    from tenure.access_report import Window

    names = {known.id: known.name for known in store().all()}
    asked = next((id_ for id_, name in names.items() if name == principal), principal)
    found = run(_reported(Window(since=since, until=until, principal=asked)))
    if as_json:
        typer.echo(json.dumps(as_document(found, names), indent=1))
    else:
        _print(found, names)


async def _reported(window: "Window") -> "Report":
    from tenure_eventlog.open import open_log

    from tenure.access_report import report as read_report

    async with open_log(log_address()) as log:
        return await read_report(log, window)


def as_document(found: "Report", names: Mapping[str, str]) -> dict[str, object]:
    """The whole report; `name` is None for who is not in this machine's token file."""
    return {
        "since": _text(found.window.since),
        "until": _text(found.window.until),
        "offsets": {f"{p.topic}/{p.number}": end for p, end in sorted(found.offsets.items())},
        "forgotten_access_entries": found.forgotten,
        "unreadable_access_entries": found.unreadable,
        "principals": [_of_one(id_, names.get(id_), one) for id_, one in sorted(found.activities.items())],
    }


def _of_one(id_: str, name: str | None, one: "Activity") -> dict[str, object]:
    return {
        "principal": id_,
        "name": name,
        "auth_types": sorted(one.auth_types),
        "accepted": dict(sorted(one.accepted.items())),
        "refused": dict(sorted(one.refused.items())),
        "read": dict(sorted(one.read.items())),
        "first": _text(one.first),
        "last": _text(one.last),
    }


def _print(found: "Report", names: Mapping[str, str]) -> None:
    for line in lines(found, names):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def lines(found: "Report", names: Mapping[str, str]) -> Iterator[str]:
    """For people: a paragraph for each principal, and what the report can't know."""
    for id_, one in sorted(found.activities.items()):
        types = f" ({', '.join(sorted(one.auth_types))})" if one.auth_types else ""
        yield f"{names.get(id_, '')} {id_}{types}, {_minute(one.first)} to {_minute(one.last)}".lstrip()
        for what, counts in (("accepted", one.accepted), ("refused", one.refused), ("read", one.read)):
            yield from (f"  {what:<8} {count:>6} {which}" for which, count in sorted(counts.items()))
    if not found.activities:
        yield "Nobody asked for anything in that time."
    if found.forgotten:
        yield f"{found.forgotten} older entries of tenure.access are past its retention and not counted."
    if found.unreadable:
        yield f"{found.unreadable} records of tenure.access are no entries: look who may write there."


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else ""
