"""tenure contexts: views over sources, written in YAML; who may read them, what they hold, and how old that is."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tenure.cli.asking import AsJson, all_pages, asking, document, end, give, say, tabulate, tell
from tenure.cli.common import seconds_of
from tenure.cli.shapes import hits, in_words

CONTEXTS = "/context/v1/contexts"
app = typer.Typer(no_args_is_help=True, help="Contexts: what models read, and how fresh it is.")
ContextFile = Annotated[Path, typer.Argument(help="YAML or JSON; `tenure contexts schema` says how it is written.")]
Named = Annotated[str | None, typer.Option("--name", help="By default the file's, without its ending.")]
Revision = Annotated[int, typer.Argument(min=1, help="Its number.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
Keys = Annotated[list[str], typer.Argument(help="FIELD=VALUE; of a key of several fields FIELD=VALUE,FIELD=VALUE.")]


@app.command()
def publish(file: ContextFile, name: Named = None, as_json: AsJson = False) -> None:
    """Publish the next revision; the same document again is the same revision."""
    body = {**document(file), "context": name or file.stem}
    with asking() as client:
        receipt = client.post(CONTEXTS, body)
    tell(receipt, as_json, f"Context {body['context']} is published.")


@app.command()
def approve(context: str, revision: Revision, comment: str = "", as_json: AsJson = False) -> None:
    """Let a revision be read that needs it; not by who published it."""
    with asking() as client:
        receipt = client.post(f"{_path(context, revision)}/approve", {"comment": comment})
    tell(receipt, as_json, f"Revision {revision} of {context} is approved.")


@app.command()
def refuse(
    context: str, revision: Revision, reason: Annotated[str, typer.Option(help="Why not.")], as_json: AsJson = False
) -> None:
    """Refuse a revision that waits for an approval; it is never read."""
    with asking() as client:
        receipt = client.post(f"{_path(context, revision)}/refuse", {"reason": reason})
    tell(receipt, as_json, f"Revision {revision} of {context} is refused.")


@app.command()
def read(
    context: str,
    revision: Revision,
    keys: Keys,
    model: Annotated[str | None, typer.Option(help="By whose SLA it is judged.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read some keys: values, verdict and age."""
    body: dict[str, Any] = {"keys": [_key(text) for text in keys]} | ({"model": model} if model else {})
    with asking() as client:
        found = client.post(f"{_path(context, revision)}/read", body)
    if as_json:
        return give(found)
    rows = [
        (text, row["verdict"], "never came" if row["age_seconds"] is None else f"{row['age_seconds']:.0f}", _said(row))
        for text, row in zip(keys, found["rows"], strict=True)
    ]
    tabulate(("key", "verdict", "age s", "values"), rows)


@app.command()
def rehearse(
    schema: Annotated[Path, typer.Option(help="The rows' new schema, YAML or JSON: source, fields, renames.")],
    last: Annotated[str, typer.Option(help="Over the changes of how long: 30m, 6h, 2d.")] = "6h",
    as_json: AsJson = False,
) -> None:
    """Try a source's new schema on the changes of the last hours; nothing is touched."""
    body = {**document(schema), "last_seconds": seconds_of(last)}
    with asking() as client:
        found = client.post(f"{CONTEXTS}/rehearse", body)
    if as_json:
        return give(found)
    say(f"{found['change_class']}: {'; '.join(map(in_words, found['changes'])) or 'nothing changes'}")
    for sentence in hits(found):
        say(f"hits {sentence}")
    more = "" if found["complete"] else ", and there are more"
    say(f"tried on {found['rows']} changes{more}")
    tabulate(("revision", "readable", "broken"), [_rehearsed(*one) for one in found["revisions"].items()])


def _rehearsed(name: str, one: dict[str, Any]) -> tuple[object, ...]:
    broken = [f"{count} {reason}, as {', '.join(one['examples'][reason])}" for reason, count in one["broken"].items()]
    return (name, one["readable"], "\n".join(broken))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a context's document, for editors."""
    with asking() as client:
        give(client.get(f"{CONTEXTS}/schema"))


@app.command("list")
def list_contexts(limit: Limit = 1_000, as_json: AsJson = False) -> None:
    """List contexts with their revisions, and how each stands."""
    with asking() as client:
        found = all_pages(client, CONTEXTS, limit)
    if as_json:
        return give(found)
    rows = [
        (one["name"], number, revision["standing"], revision["source"], ", ".join(revision["fields"]))
        for one in found
        for number, revision in one["state"].items()
    ]
    tabulate(("context", "revision", "standing", "source", "fields"), rows)


def _path(context: str, revision: int) -> str:
    return f"{CONTEXTS}/{quote(context, safe='')}/revisions/{revision}"


def _key(text: str) -> dict[str, Any]:
    """A value that reads as a number, a truth value or null is one; quotes make it a text."""
    import yaml

    parts = [part.partition("=") for part in text.split(",")]
    if not all(name and mark for name, mark, _ in parts):
        end(f"{text} is no key: write FIELD=VALUE.")
    return {name: yaml.safe_load(value) for name, _, value in parts}


def _said(row: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in (row["values"] or {}).items())
