"""tenure topics: what must be on the log."""

import typer

from tenure.cli.common import console, log_address, run

app = typer.Typer(no_args_is_help=True, help="Create or compare the topics.")


@app.command()
def apply() -> None:
    """Create what is missing; refuse where a topic has other settings."""
    run(_apply())


@app.command()
def check() -> None:
    """List every difference between the declared topics and the log's."""
    if run(_check()):
        raise typer.Exit(1)


async def _apply() -> None:
    from tenure_eventlog.open import open_log
    from tenure_eventlog.topics import ALL_TOPICS

    async with open_log(log_address()) as log:
        await log.create_topics(ALL_TOPICS)
    console.print(f"{len(ALL_TOPICS)} topics are as declared.")


async def _check() -> int:
    from tenure_eventlog.open import open_log
    from tenure_eventlog.topics import ALL_TOPICS

    async with open_log(log_address()) as log:
        different = await log.differences(ALL_TOPICS)
    for line in different:
        console.print(line, highlight=False)
    console.print("All topics are as declared." if not different else f"{len(different)} differences.")
    return len(different)
