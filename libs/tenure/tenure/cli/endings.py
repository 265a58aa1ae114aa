"""tenure versions deprecate ... destroy: how a version's life ends, step by step."""

from datetime import datetime
from typing import Annotated, Any

import typer

from tenure.cli.access import instant
from tenure.cli.asking import AsJson, Model, Reason, Version, asking, registry, say, tell
from tenure.cli.destruction import destroy


def add_to(versions: typer.Typer) -> None:
    """The commands are versions' own."""
    for name, command in (
        ("deprecate", deprecate),
        ("acknowledge", acknowledge),
        ("retire", retire),
        ("archive", archive),
        ("clean-up", clean_up),
        ("destroy", destroy),
    ):
        versions.command(name)(command)


def deprecate(
    model: Model,
    version: Version,
    sunset: Annotated[datetime, typer.Option(parser=instant, help="The day from which it may be retired.")],
    reason: Reason,
    replacement: Annotated[str | None, typer.Option(help="The version to take instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Announce a version's end, or move its day; each consumer gets notice."""
    body = {"sunset_at": sunset.isoformat(), "replacement": replacement, "reason": reason}
    _post(model, version, "deprecation", body, as_json, f"{model} {version} ends at {sunset.isoformat()}.")


def acknowledge(
    model: Model,
    version: Version,
    consumer: Annotated[str, typer.Option(help="In whose name.")],
    reason: Annotated[str, typer.Option(help="An operator's, who speaks for another's consumer, or nobody's.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say for a consumer that it knows of the end: for your own, or as an operator with a reason."""
    body = {"consumer": consumer, "reason": reason}
    _post(model, version, "acknowledgements", body, as_json, f"{consumer} knows.")


def retire(
    model: Model,
    version: Version,
    reason: Reason,
    force: Annotated[str | None, typer.Option(help="An admin's reason to end it too early or in use.")] = None,
    as_json: AsJson = False,
) -> None:
    """Retire a version: its day is here, nothing serves it, its consumers know."""
    _post(model, version, "retirement", {"reason": reason, "force": force}, as_json, f"{model} {version} is retired.")


def archive(model: Model, version: Version, as_json: AsJson = False) -> None:
    """Archive a retired version with a manifest of all that is known of it."""
    path = registry("models", model, "versions", version)
    with asking() as client:
        receipt = client.post(f"{path}/archive")
        ending = client.get(path)["ending"]
    tell(receipt, as_json, f"{model} {version} is archived.")
    if not as_json:
        say(f"The manifest is {ending['manifest_digest']}.")


def clean_up(
    model: Model,
    version: Version,
    task: Annotated[str, typer.Argument(help="One of its policy's clean-up tasks.")],
    note: Annotated[str, typer.Option(help="Stays on the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Report a clean-up task done."""
    _post(model, version, "clean-up", {"task": task, "note": note}, as_json, f"{task} is done.")


def _post(model: str, version: str, what: str, body: dict[str, Any], as_json: bool, done: str) -> None:
    with asking() as client:
        tell(client.post(registry("models", model, "versions", version, what), body), as_json, done)
