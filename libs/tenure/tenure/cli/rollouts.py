"""tenure rollouts: what serves, what is under way, and the commands that move it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.cli.asking import AsJson, Reason, asking, document, give, say, show, tabulate, tell
from tenure.cli.releases import Deployment, rollout

app = typer.Typer(no_args_is_help=True, help="Deployments, rollouts and routes.")
Rollout = Annotated[str, typer.Argument(help="The rollout's name.")]
PLAN = """A YAML file of `strategy` or `steps`, and `judge`: what `POST .../rollouts` takes."""


@app.command("list")
def list_rollouts(as_json: AsJson = False) -> None:
    """List deployments: what serves, and what is under way."""
    with asking() as client:
        found = client.get("/rollout/v1/deployments")["items"]
    if as_json:
        return give(found)
    rows = []
    for one in found:
        active = one["active"]
        going = f"{active['rollout']} step {active['step']}{' paused' if active['paused'] else ''}" if active else ""
        arms = one["route"]["arms"] if one["route"] else []
        route = ", ".join(f"{arm['release']} {arm['weight_percent']:g} %" for arm in arms)
        rows.append((one["deployment"], one["champion"], going, route))
    tabulate(("deployment", "champion", "under way", "route"), rows)


@app.command("show")
def show_deployment(deployment: Deployment, as_json: AsJson = False) -> None:
    """Show what serves, what is under way and waits for what, who follows, and whether a rollback could be done."""
    with asking() as client:
        found = client.get(rollout("deployments", deployment))
        waits = client.get(rollout("deployments", deployment, "waiting"))
    if as_json:
        return give(found | {"waiting": waits})
    route, active = found["route"], found["active"]
    say(f"champion {found['champion'] or 'none'}; {_ready(found)}")
    if active:
        say(f"rollout {active['rollout']} of {active['release']}, step {active['step']}: {_waits(waits)}")
    if route:
        rows = [(arm["release"], arm["model_version"], f"{arm['weight_percent']:g}") for arm in route["arms"]]
        say(f"route of epoch {route['epoch']}, since {route['changed_at']}")
        tabulate(("release", "version", "%"), rows)
    if found["actuators"]:
        said = [(a["actuator"], a["in_step"], a["desired_epoch"], a["detail"]) for a in found["actuators"]]
        tabulate(("actuator", "follows", "epoch", "says"), said)


def _ready(found: dict[str, Any]) -> str:
    if found["rollback_to"] is None:
        return "nothing to roll back to"
    lacks = "; ".join(found["rollback_unready"])
    return f"{found['rollback_to']} could {f'not be put back now: {lacks}' if lacks else 'be put back now'}"


def _waits(waits: dict[str, Any]) -> str:
    for_what = waits["waits_for"]
    if not for_what:
        return "moves on"
    return f"waits {for_what}" if for_what.startswith("to ") else f"waits for {for_what}"


@app.command()
def serving(
    deployment: Deployment,
    effective_at: str | None = None,
    as_of: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Show what served, at any moment."""
    with asking() as client:
        path = rollout("deployments", deployment, "serving")
        show(client.get(path, effective_at=effective_at, as_of=as_of), as_json)


@app.command()
def start(
    deployment: Deployment,
    name: Rollout,
    release: Annotated[str, typer.Option(help="The release that is rolled out.")],
    plan: Annotated[Path | None, typer.Option(help=PLAN)] = None,
    strategy: Annotated[
        str | None, typer.Option(help="canary, gradual, blueGreen, shadow, ab or migrate, in place of the plan's.")
    ] = None,
    step_seconds: Annotated[int | None, typer.Option(help="How long a step of the strategy lasts at least.")] = None,
    metric: Annotated[str | None, typer.Option(help="A loss that the judge looks at, in place of the plan's.")] = None,
    margin: Annotated[float | None, typer.Option(help="By how much it may be worse.")] = None,
    supersedes: Annotated[str | None, typer.Option(help="The rollout whose place it takes.")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="A release with the champion's tuple that gets as much, to be judged against.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a rollout, by a strategy's name or a plan of steps."""
    body: dict[str, Any] = document(plan) if plan else {}
    told = {"strategy": strategy, "step_seconds": step_seconds, "supersedes": supersedes, "baseline": baseline}
    body |= {"rollout": name, "release": release} | {key: value for key, value in told.items() if value is not None}
    if metric:
        body["judge"] = {"metric": metric, "margin": margin}
    with asking() as client:
        receipt = client.post(rollout("deployments", deployment, "rollouts"), body)
    tell(receipt, as_json, f"Rollout {name} is under way.")


@app.command()
def pause(deployment: Deployment, name: Rollout, reason: Reason, as_json: AsJson = False) -> None:
    """Stop where it is; the candidate keeps its share."""
    _move(deployment, name, "pause", {"reason": reason}, f"Rollout {name} is paused.", as_json)


@app.command()
def resume(deployment: Deployment, name: Rollout, reason: Reason, as_json: AsJson = False) -> None:
    """Go on from where it was paused."""
    _move(deployment, name, "resume", {"reason": reason}, f"Rollout {name} goes on.", as_json)


@app.command()
def promote(deployment: Deployment, name: Rollout, as_json: AsJson = False) -> None:
    """Give the release everything now, whatever steps are left."""
    _move(deployment, name, "promote", None, f"Rollout {name} is promoted.", as_json)


@app.command()
def abort(deployment: Deployment, name: Rollout, reason: Reason, as_json: AsJson = False) -> None:
    """End it; the champion gets everything back."""
    _move(deployment, name, "abort", {"reason": reason}, f"Rollout {name} is aborted.", as_json)


@app.command()
def approve(
    deployment: Deployment,
    name: Rollout,
    digest: Annotated[str, typer.Option(help="The release's, as `tenure releases show` has it: what you looked at.")],
    comment: Annotated[str, typer.Option(help="Stays on the record.")],
    as_json: AsJson = False,
) -> None:
    """Let the step pass that waits for a person."""
    _move(deployment, name, "approve", {"digest": digest, "comment": comment}, f"Rollout {name} may go on.", as_json)


@app.command("rollback")
def roll_back(deployment: Deployment, reason: Reason, as_json: AsJson = False) -> None:
    """Put the release that served before back at once: model, contexts, prompt and flags together."""
    with asking() as client:
        receipt = client.post(rollout("deployments", deployment, "rollback"), {"reason": reason})
    tell(receipt, as_json, f"{deployment} is rolled back.")


def _move(deployment: str, name: str, how: str, body: dict[str, str] | None, done: str, as_json: bool) -> None:
    with asking() as client:
        receipt = client.post(rollout("deployments", deployment, "rollouts", name, how), body)
    tell(receipt, as_json, done)
