"""tenure: one command for users, operators and auditors."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli import (
    access,
    actuators,
    approvals,
    artifacts,
    contexts,
    evidence,
    families,
    freezes,
    freshness,
    imports,
    inbox,
    judgements,
    log,
    models,
    monitors,
    policies,
    prompts,
    quarantine,
    releases,
    rollouts,
    shadow,
    snapshots,
    sources,
    subjects,
    subscriptions,
    tokens,
    topics,
    versions,
)
from tenure.cli.common import console, errors, log_address, origin, run, token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="System of record for AI models in production.")
app.add_typer(topics.app, name="topics")
app.add_typer(tokens.app, name="tokens")
app.add_typer(inbox.app, name="inbox")
app.add_typer(imports.app, name="import")
app.add_typer(access.app, name="access")
app.add_typer(log.app, name="log")
app.add_typer(artifacts.app, name="artifacts")
app.add_typer(families.app, name="families")
app.add_typer(models.app, name="models")
app.add_typer(versions.app, name="versions")
app.add_typer(approvals.app, name="approvals")
app.add_typer(evidence.app, name="evidence")
app.add_typer(policies.app, name="policies")
app.add_typer(prompts.app, name="prompts")
app.add_typer(sources.app, name="sources")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(contexts.app, name="contexts")
contexts.app.command("snapshot")(snapshots.pin)
app.add_typer(snapshots.app, name="snapshots")
app.add_typer(subjects.app, name="subjects")
app.add_typer(releases.app, name="releases")
rollouts.app.command("judgements")(judgements.judgements)
rollouts.app.command("replay")(judgements.replay)
app.add_typer(rollouts.app, name="rollouts")
app.add_typer(freezes.app, name="freezes")
app.add_typer(shadow.app, name="shadow")
app.add_typer(monitors.app, name="monitors")
app.add_typer(actuators.app, name="actuators")
app.add_typer(subscriptions.app, name="subscriptions")
app.command()(freshness.freshness)


@app.command()
def up(
    directory: Annotated[Path, typer.Option("--dir", help="Where everything is kept.")] = Path(".tenure"),
    port: Annotated[int, typer.Option(help="The port of the one origin.")] = 8600,
    clock: Annotated[str, typer.Option(help="`wall`, or `stepped:<instant>` for demos.")] = "wall",
) -> None:
    """Start all services in one process, with the embedded Postgres."""
    from tenure.up import up as start

    run(start(directory, port, clock))


@app.command()
def serve(service: Annotated[str, typer.Argument(help="registry, context-sync, monitor, rollout or dispatch")]) -> None:
    """Start one service of a cluster; TENURE_LOG, TENURE_DATABASE and the like say on what."""
    from tenure_service import run as run_service

    from tenure.services import MODULES, definition_of

    if service not in MODULES:
        errors.print(f"There is no service {service}: {', '.join(MODULES)}")
        raise typer.Exit(2)
    run_service(definition_of(service))


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="Check everything at the end, and stop.")] = False,
    log_kind: Annotated[str, typer.Option("--log", help="embedded or kafka")] = "embedded",
) -> None:
    """Live through a model's life on real data."""
    # Batches of an hour's flights are small: threads that wait for each other would take the services' cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from tenure.demo.main import demo as play

    raise typer.Exit(run(play(log_kind, check)))


@app.command()
def cluster() -> None:
    """Start Kafka, Postgres, every service as its own process and a proxy in front; leave it up."""
    from tenure.cluster import keep_up

    run(keep_up())


@app.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Compare with the live services.")] = False,
) -> None:
    """Rebuild every service's state from offset 0, and compare it with what the services hold."""
    run(_rebuild(check))


async def _rebuild(check: bool) -> None:
    from tenure_eventlog.open import open_log
    from tenure_journal import Replica

    from tenure.client import AsyncClient
    from tenure.rebuild import compare
    from tenure.services import all_definitions

    different = 0
    async with open_log(log_address()) as event_log:
        for definition in all_definitions():
            if check:
                async with AsyncClient(origin(), token()) as client:
                    found = await compare(event_log, definition, client, origin())
                different += not found.equal
                word = "[green]equal[/green]" if found.equal else "[red]DIFFERENT[/red]"
                console.print(f"{definition.name}: {found.events} events, {word} {found.rebuilt[:16]}")
            else:
                replica = Replica(event_log, definition.folds)
                await replica.start()
                console.print(f"{definition.name}: {replica.accepted} events, {replica.digest()[1][:16]}")
                await replica.stop()
    if different:
        raise typer.Exit(1)


def main() -> None:
    """The console script."""
    app()
