"""How do commands ask the API, and tell what it said?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import quote

import typer
from rich.table import Table

from tenure.cli.common import console, errors, origin, token

if TYPE_CHECKING:
    from tenure.client import Client, ProblemError

MAX_DOCUMENT_BYTES = 1_048_576
PAGE = 1_000

AsJson = Annotated[bool, typer.Option("--json", help="What the API says, for machines.")]
Model = Annotated[str, typer.Argument(help="The model's name.")]
Version = Annotated[str, typer.Argument(help="The model version.")]
Stage = Annotated[str, typer.Option(help="The stage that it is about.")]
Reason = Annotated[str, typer.Option(help="Stays on the record.")]

Where = Annotated[
    list[str] | None,
    typer.Option(help="A term that must hold, as stage=production or metric.brier<0.2; repeatable."),
]

NEXT_STEP = {
    "consumer-of-another": "`tenure models consumers list` shows whose it is.",
    "approver-kind-missing": "Ask an approver; `tenure approvals delegate` lets one pass a decision on.",
    "artifact-is-fixed": "Register it as another version.",
    "four-eyes-required": "Somebody else must decide.",
    "model-unknown": "`tenure models create NAME` makes one.",
    "not-acknowledged": "`tenure versions acknowledge` is for each of them.",
    "not-archived": "`tenure versions archive` comes first.",
    "not-deprecated": "`tenure versions deprecate` comes first.",
    "not-retired": "`tenure versions retire` comes first.",
    "on-legal-hold": "`tenure models lift-hold` is for an admin.",
    "refusal-stands": "`tenure approvals withdraw` is for who refused.",
    "requirements-unmet": "`tenure versions requirements` shows what each one rests on.",
    "still-serving": "`tenure rollouts list` shows where; put another release there first.",
    "version-unknown": "`tenure versions list` shows what there is.",
}
"""What to do about a refusal whose own sentence does not say it."""


def registry(*names: str) -> str:
    """A path of the registry; each name stays one segment, whatever is in it."""
    return "/registry/v1/" + "/".join(quote(name, safe="") for name in names)


@contextmanager
def asking() -> Iterator["Client"]:
    """A client. What it can't do is one line that says what to do instead, and exit code 1."""
    import httpx

    from tenure.client import Client, ProblemError

    try:
        with Client(origin(), token()) as client:
            yield client
    except ProblemError as refusal:
        end(sentence_of(refusal))
    except (httpx.TransportError, httpx.InvalidURL) as failure:
        end(f"{origin()} does not answer ({failure}): start it with `tenure up`, or set TENURE_URL.")


def sentence_of(refusal: "ProblemError") -> str:
    """The rule, its sentence, and the next step where the sentence names none."""
    kind = refusal.type.rpartition(":")[2]
    return " ".join(filter(None, (f"{kind}: {refusal.problem.get('detail', '')}", NEXT_STEP.get(kind))))


def end(message: str) -> NoReturn:
    """One line on stderr, and exit code 1."""
    errors.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1) from None


def say(line: str) -> None:
    """One line, as it is: not wrapped, not coloured, no markup."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def give(value: object) -> None:
    """JSON, for machines."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def tell(receipt: Mapping[str, Any], as_json: bool, done: str) -> None:
    """What became of a command, and where on the log that stands."""
    if as_json:
        return give(receipt)
    place = f"{receipt['stream']}#{receipt['sequence']}"
    say(f"{done} ({place})" if receipt.get("changed", True) else f"It was so already ({place})")


def show(value: Mapping[str, Any], as_json: bool) -> None:
    """One thing with all its fields; those that say nothing are left out for people."""
    if as_json:
        return give(value)
    console.print({name: found for name, found in value.items() if found not in (None, "", [], {})})


def tabulate(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of plain texts; None is an empty cell. Nothing is cut off: what is too wide goes on in the next line."""
    table = Table()
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: object) -> str:
    from rich.markup import escape

    return "" if value is None else escape(str(value))


def all_pages(client: "Client", path: str, limit: int, **query: str | list[str] | None) -> list[Any]:
    """The first `limit` items, page by page."""
    found: list[Any] = []
    cursor: str | None = None
    while len(found) < limit:
        asked: dict[str, Any] = {**query, "cursor": cursor, "limit": min(PAGE, limit - len(found))}
        page = client.get(path, **asked)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    return found


def document(path: Path) -> dict[str, Any]:
    """A YAML or JSON file's mapping; anything else ends the command with a line that says why."""
    import yaml

    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            end(f"{path} is over {MAX_DOCUMENT_BYTES} bytes.")
        found = yaml.safe_load(path.read_bytes())
    except OSError as failure:
        end(f"{path} can't be read: {failure.strerror}.")
    except (yaml.YAMLError, RecursionError) as why:
        end(f"{path} is not YAML: {' '.join(str(why).split())}")
    if not isinstance(found, dict):
        end(f"{path} holds no mapping of fields to values.")
    return {str(name): _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    """As JSON has it: YAML reads an unquoted instant as one."""
    match value:
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
        case _ if hasattr(value, "isoformat"):
            return f"{value.isoformat()}T00:00:00Z"
        case _:
            return value


def pairs(texts: Sequence[str], separator: str, what: str) -> dict[str, str]:
    """`name=value` and the like, as a mapping. Raises BadParameter."""
    found = [text.partition(separator) for text in texts]
    if wrong := [text for text, (_, sign, _) in zip(texts, found, strict=True) if not sign]:
        raise typer.BadParameter(f"{wrong[0]!r} is no {what}")
    return {name: value for name, _, value in found}


def revisions(texts: Sequence[str]) -> dict[str, int]:
    """`name@3`, as a mapping. Raises BadParameter."""
    found = pairs(texts, "@", "NAME@REVISION")
    if wrong := [f"{name}@{number}" for name, number in found.items() if not number.isdecimal()]:
        raise typer.BadParameter(f"{wrong[0]!r}: a revision is a number")
    return {name: int(number) for name, number in found.items()}
