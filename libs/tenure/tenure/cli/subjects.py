"""tenure subjects: whose data must go, and what models owe for it."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, Reason, asking, give, say, show, tabulate

app = typer.Typer(no_args_is_help=True, help="Erase a person's data, everywhere.")
Subject = Annotated[str, typer.Argument(help="The subject's random id, never an address.")]


@app.command()
def erase(subject: Subject, reason: Reason) -> None:
    """Destroy the keys of all that is sealed of a subject. Nobody can undo it."""
    with asking() as client:
        client.post(f"/context/v1/subjects/{subject}/erasure", {"reason": reason})
        show(client.get(f"/context/v1/subjects/{subject}/erasure"), False)


@app.command()
def status(subject: Subject, as_json: AsJson = False) -> None:
    """Show who asked for a subject's erasure, and what was found."""
    with asking() as client:
        show(client.get(f"/context/v1/subjects/{subject}/erasure"), as_json)


@app.command()
def discharge(
    model: Annotated[str, typer.Argument(help="The model that owes.")],
    subject: Subject,
    outcome: Annotated[str, typer.Option(help="retrained, retired or not_needed.")],
    replacement: Annotated[str | None, typer.Option(help="The version that was trained without the data.")] = None,
    note: Annotated[str, typer.Option(help="Why nothing is needed.")] = "",
) -> None:
    """Say how an obligation was settled: by a version without the data, by retiring, or why nothing is needed."""
    body = {"outcome": outcome, "replacement": replacement, "note": note}
    with asking() as client:
        client.post(f"/registry/v1/models/{model}/obligations/{subject}/discharge", body)
    say(f"What {model} owed for {subject} is settled: {outcome}.")


@app.command()
def obligations(
    model: Annotated[str | None, typer.Option(help="Of this model alone.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Also those that are discharged.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what models owe since subjects were erased that they were trained on."""
    with asking() as client:
        found = client.get("/registry/v1/obligations", model=model, settled=str(settled).lower())["items"]
    if as_json:
        return give(found)
    rows = [
        (
            one["opened"]["model"],
            one["opened"]["obligation"],
            ", ".join(one["opened"]["versions"]),
            one["opened"]["due_at"][:10],
            one["discharged"]["outcome"] if one["discharged"] else "open",
        )
        for one in found
    ]
    tabulate(("model", "subject", "versions", "due", "state"), rows)
