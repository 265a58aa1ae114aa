"""tenure versions: what exactly they are, and how far they have got."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.cli import endings, locators
from tenure.cli.asking import (
    AsJson,
    Model,
    Stage,
    Version,
    Where,
    all_pages,
    asking,
    document,
    end,
    give,
    pairs,
    registry,
    revisions,
    show,
    tabulate,
    tell,
)
from tenure.cli.digests import Digest, File, chosen
from tenure.cli.tags import Removed, Tags, tags_body

app = typer.Typer(no_args_is_help=True, help="Versions of a model.")
app.add_typer(locators.app, name="locators")
endings.add_to(app)

MOST = 50_000  # versions that a model may have
MET = ("met", "waived", "not_yet_in_force")


@app.command()
def register(
    model: Model,
    version: Version,
    digest: Digest = None,
    file: File = None,
    hosted: Annotated[Path | None, typer.Option(help="YAML: a vendor's provider, model_id, parameters.")] = None,
    locator: Annotated[list[str] | None, typer.Option(help="Where its bytes lie: pkg:..., s3://...")] = None,
    framework: str = "",
    feature: Annotated[list[str] | None, typer.Option(help="In the model's order; repeatable.")] = None,
    snapshot: Annotated[list[str] | None, typer.Option(help="A pinned snapshot it was trained on.")] = None,
    prompt: Annotated[list[str] | None, typer.Option(help="NAME@REVISION; repeatable.")] = None,
    run: Annotated[str | None, typer.Option(help="TRACKER:RUN, as mlflow:4f2a.")] = None,
    code: Annotated[str | None, typer.Option(help="REPOSITORY@REVISION.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(help="NAME=TEXT; repeatable.")] = None,
    more: Annotated[Path | None, typer.Option("--from", help="YAML with any other fields: inputs, outputs.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a version; the same again changes nothing, so that CI may retry."""
    body: dict[str, Any] = document(more) if more else {}
    body |= {
        "model_version": version,
        "artifact_digest": chosen(digest, file) or body.get("artifact_digest"),
        "hosted": document(hosted) if hosted else body.get("hosted"),
        "locators": locator or body.get("locators", []),
        "framework": framework or body.get("framework", ""),
        "features": feature or body.get("features", []),
        "metadata": body.get("metadata", {}) | pairs(metadata or [], "=", "NAME=TEXT"),
    }
    if prompt:
        body["prompts"] = [{"prompt": name, "revision": number} for name, number in revisions(prompt).items()]
    if run:
        body["run"] = dict(zip(("tracker", "run"), *pairs([run], ":", "TRACKER:RUN").items(), strict=True))
    if code:
        repository, _, revision = code.rpartition("@")
        body["code"] = {"repository": repository, "revision": revision}
    if (body["artifact_digest"] is None) == (body["hosted"] is None):
        end("Say what it is: --digest or --file for an artifact, --hosted for a vendor's model.")
    with asking() as client:
        if snapshot:
            body["snapshots"] = [_snapshot(client.get(f"/context/v1/snapshots/{name}")) for name in snapshot]
        receipt = client.post(registry("models", model, "versions"), body)
    tell(receipt, as_json, f"Version {version} of {model} is {body['artifact_digest'] or 'hosted'}.")


def _snapshot(pinned: dict[str, Any]) -> dict[str, str]:
    return {"snapshot": pinned["snapshot"], "digest": pinned["digest"]}


@app.command("list")
def list_versions(model: Model, where: Where = None, as_json: AsJson = False) -> None:
    """List a model's versions; those of which all terms hold."""
    with asking() as client:
        known = client.get(registry("models", model))["versions"]
        found = known if not where else all_pages(client, registry("versions"), MOST, where=[f"model={model}", *where])
    if as_json:
        return give(found)
    tabulate(
        ("version", "stage", "artifact"),
        [(one["model_version"], one["stage"], one["artifact_digest"]) for one in found],
    )


@app.command("show")
def show_version(
    model: Model,
    version: Version,
    as_of: Annotated[str | None, typer.Option(help="What was known at this instant.")] = None,
    effective_at: Annotated[str | None, typer.Option(help="What was true at this instant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one version with its evidence and approvals, now or at any moment."""
    with asking() as client:
        path = registry("models", model, "versions", version)
        show(client.get(path, as_of=as_of, effective_at=effective_at), as_json)


@app.command()
def tag(model: Model, version: Version, tags: Tags = None, remove: Removed = None, as_json: AsJson = False) -> None:
    """Set and remove typed tags."""
    path = registry("models", model, "versions", version, "tags")
    with asking() as client:
        tell(client.post(path, tags_body(tags, remove)), as_json, "The tags are set.")


@app.command()
def requirements(model: Model, version: Version, stage: Stage = "production", as_json: AsJson = False) -> None:
    """Show what the policy asks for, and on what each answer rests; exit code 1 where something is unmet."""
    with asking() as client:
        found = client.get(registry("models", model, "versions", version, "requirements"), stage=stage)
    if as_json:
        give(found)
    else:
        tabulate(
            ("requirement", "wanted", "status", "by", f"events of {model}"),
            [_requirement(one) for one in found["requirements"]],
        )
    if not found["met"]:
        raise typer.Exit(1)


def _requirement(one: dict[str, Any]) -> tuple[object, ...]:
    status = one["status"].replace("_", " ") + (f": {one['detail']}" if one["detail"] else "")
    return (
        one["requirement"],
        one["wanted"],
        status,
        "\n".join(one["by"]),
        ", ".join(f"#{sequence}" for sequence in one["sequences"]),
    )


@app.command()
def enter(
    model: Model,
    version: Version,
    stage: Annotated[str, typer.Argument(help="One of its policy's.")],
    as_json: AsJson = False,
) -> None:
    """Let a version enter a stage, which its policy must allow now."""
    with asking() as client:
        receipt = client.post(registry("models", model, "versions", version, "stage"), {"stage": stage})
    tell(receipt, as_json, f"Version {version} of {model} is in {stage}.")
