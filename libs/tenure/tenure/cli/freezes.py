"""tenure freezes: times in which nothing may begin or go on; rolling back always may."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, Reason, all_pages, asking, give, tabulate, tell
from tenure.cli.releases import rollout

app = typer.Typer(no_args_is_help=True, help="Times in which no rollout begins or takes a step.")
Freeze = Annotated[str, typer.Argument(help="The freeze's name.")]
LIMIT = 1_000


@app.command()
def declare(
    freeze: Freeze,
    starts_at: Annotated[str, typer.Option("--from", help="As 2026-12-24T00:00:00Z.")],
    ends_at: Annotated[str, typer.Option("--until", help="As 2027-01-02T00:00:00Z.")],
    reason: Reason,
    model: Annotated[list[str] | None, typer.Option(help="Only of this model; repeatable. Else of all.")] = None,
    environment: Annotated[list[str] | None, typer.Option(help="Only there; repeatable. Else everywhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Declare a freeze."""
    times = {"starts_at": starts_at, "ends_at": ends_at, "reason": reason}
    body = {"freeze": freeze, "models": model or [], "environments": environment or [], **times}
    with asking() as client:
        tell(client.post(rollout("freezes"), body), as_json, f"Freeze {freeze} is declared.")


@app.command()
def lift(freeze: Freeze, reason: Reason, as_json: AsJson = False) -> None:
    """End a freeze before its time."""
    with asking() as client:
        tell(client.post(rollout("freezes", freeze, "lift"), {"reason": reason}), as_json, f"Freeze {freeze} is over.")


@app.command("list")
def list_freezes(as_json: AsJson = False) -> None:
    """Show the freezes that were declared and not lifted."""
    with asking() as client:
        found = all_pages(client, rollout("freezes"), LIMIT)
    if as_json:
        return give(found)
    rows = [
        (f["freeze"], f["starts_at"], f["ends_at"], ", ".join(f["models"]) or "all",
         ", ".join(f["environments"]) or "all", f["reason"])
        for f in found
    ]  # fmt: skip
    tabulate(("freeze", "from", "until", "models", "environments", "reason"), rows)
