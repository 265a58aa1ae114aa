"""tenure policies: what a version needs, written in YAML, asked before it is published."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.cli.asking import AsJson, all_pages, asking, document, end, give, registry, say, tabulate, tell

app = typer.Typer(no_args_is_help=True, help="Policies: what a version needs to enter a stage.")
PolicyFile = Annotated[Path, typer.Argument(help="YAML or JSON; `tenure policies schema` says how it is written.")]
Named = Annotated[str | None, typer.Option("--name", help="By default the file's, without its ending.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]


@app.command()
def publish(file: PolicyFile, name: Named = None, as_json: AsJson = False) -> None:
    """Publish the next revision; the same document again is the same revision."""
    body = written(file, name)
    with asking() as client:
        receipt = client.post(registry("policies"), body)
    tell(receipt, as_json, f"Policy {body['policy']} is published.")


@app.command("dry-run")
def dry_run(file: PolicyFile, name: Named = None, as_json: AsJson = False) -> None:
    """Which of today's production versions would it block? Publishes nothing; exit code 1 where it blocks one."""
    body = written(file, name)
    with asking() as client:
        blocked = client.post(registry("policies", "dry-run"), body)["blocked"]
    if as_json:
        give({"blocked": blocked})
    elif blocked:
        rows = [(one["model"], one["model_version"], "\n".join(one["unmet"])) for one in blocked]
        tabulate(("model", "version", "unmet"), rows)
    else:
        say("It would block no version that is in production.")
    if blocked:
        raise typer.Exit(1)


def written(file: Path, name: str | None) -> dict[str, Any]:
    """The request's body."""
    return {"policy": name or file.stem, "document": document(file)}


@app.command("list")
def list_policies(limit: Limit = 1_000, as_json: AsJson = False) -> None:
    """List policies with their newest revisions."""
    with asking() as client:
        found = all_pages(client, registry("policies"), limit)
    if as_json:
        return give(found)
    rows = [(one["policy"], one["revision"], one["document"]["extends"], one["document"]["title"]) for one in found]
    tabulate(("policy", "revision", "extends", "title"), rows)


@app.command("show")
def show_policy(policy: str, as_json: AsJson = False) -> None:
    """Print a policy's newest revision as YAML, as it was written."""
    with asking() as client:
        found = client.get(registry("policies", policy))
    if as_json:
        return give(found)
    import yaml

    say(f"# {found['policy']}, revision {found['revision']}, {found['digest']}")
    say(yaml.safe_dump(_without_empty(found["document"]), sort_keys=False, allow_unicode=True).rstrip())


def _without_empty(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_empty(one) for name, one in value.items() if one not in (None, [], 0)}
        case list():
            return [_without_empty(one) for one in value]
        case _:
            return value


@app.command()
def schema() -> None:
    """Print the JSON Schema of a policy document, for editors."""
    with asking() as client:
        give(client.get(registry("policies", "schema")))


@app.command()
def templates(
    name: Annotated[str | None, typer.Argument(help="Print this one's YAML, to begin with.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the templates, or print one."""
    with asking() as client:
        found = client.get(registry("policies", "templates"))["templates"]
    if name is None:
        return give(found) if as_json else say("\n".join(found))
    if name not in found:
        end(f"There is no template {name}, only {', '.join(found)}.")
    give({"template": name, "text": found[name]}) if as_json else say(found[name].rstrip())
