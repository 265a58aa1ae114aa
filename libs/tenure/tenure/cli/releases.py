"""tenure releases: what moves together, as one name."""

from typing import Annotated
from urllib.parse import quote

import typer

from tenure.cli.asking import AsJson, asking, end, give, pairs, revisions, show, tabulate, tell

app = typer.Typer(no_args_is_help=True, help="Releases: a version, its contexts, prompt and flags, as one.")

Deployment = Annotated[str, typer.Argument(help="MODEL@ENVIRONMENT.")]
Release = Annotated[str, typer.Argument(help="The release's name.")]


def rollout(*names: str) -> str:
    """A path of the rollout service; each name stays one segment, whatever is in it."""
    return "/rollout/v1/" + "/".join(quote(name, safe="@") for name in names)


@app.command()
def create(
    deployment: Deployment,
    release: Release,
    version: Annotated[str, typer.Option(help="A model version that the registry has in production.")],
    context: Annotated[list[str] | None, typer.Option(help="NAME@REVISION that it reads; repeatable.")] = None,
    prompt: Annotated[str | None, typer.Option(help="The prompt's revision.")] = None,
    flag: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; repeatable.")] = None,
    requires: Annotated[
        list[str] | None, typer.Option(help="MODEL@ENVIRONMENT=RELEASE that goes back with it; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a release. It never changes; another tuple is another release."""
    body = {
        "release": release,
        "model_version": version,
        "contexts": [{"context": name, "revision": number} for name, number in revisions(context or []).items()],
        "prompt": prompt,
        "flags": pairs(flag or [], "=", "NAME=VALUE"),
        "requires": [
            {"deployment": other, "release": name}
            for other, name in pairs(requires or [], "=", "MODEL@ENVIRONMENT=RELEASE").items()
        ],
    }
    with asking() as client:
        receipt = client.post(rollout("deployments", deployment, "releases"), body)
    tell(receipt, as_json, f"Release {release} is there.")


@app.command("list")
def list_releases(deployment: Deployment, as_json: AsJson = False) -> None:
    """List a deployment's releases, oldest first."""
    with asking() as client:
        found = client.get(rollout("deployments", deployment))
    if as_json:
        return give(found["releases"])
    shares = {arm["release"]: arm["weight_percent"] for arm in (found["route"] or {"arms": []})["arms"]}
    rows = [
        (
            one["release"],
            one["model_version"],
            ", ".join(f"{c['context']}@{c['revision']}" for c in one["contexts"]),
            one["prompt"],
            ", ".join(f"{name}={value}" for name, value in one["flags"].items()),
            f"{shares[one['release']]:g}" if one["release"] in shares else None,
        )
        for one in found["releases"]
    ]
    tabulate(("release", "version", "contexts", "prompt", "flags", "serves %"), rows)


@app.command("show")
def show_release(deployment: Deployment, release: Release, as_json: AsJson = False) -> None:
    """Show one release, with the digest that an approver confirms."""
    with asking() as client:
        releases = client.get(rollout("deployments", deployment))["releases"]
    found = next((one for one in releases if one["release"] == release), None)
    if found is None:
        end(f"not-found: there is no release {release} of {deployment}. `tenure releases list` shows what there is.")
    show(found, as_json)
