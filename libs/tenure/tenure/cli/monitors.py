"""tenure monitors: which models are watched, by which metrics, and what their windows say."""

from typing import Annotated

import typer

from tenure.cli.asking import AsJson, Model, all_pages, asking, give, tabulate, tell

app = typer.Typer(no_args_is_help=True, help="Which models are watched, by which metrics.")
LIMIT = 10_000


@app.command()
def declare(
    model: Model,
    metric: Annotated[list[str], typer.Option(help="As brier, error, failure, stale, score or latency; repeatable.")],
    window_seconds: Annotated[int, typer.Option(help="How long a window is; it divides a day.")] = 3_600,
    as_json: AsJson = False,
) -> None:
    """Have metrics of a model kept, by which its rollouts can be judged. It stays as it is declared first."""
    body = {"model": model, "metrics": metric, "window_seconds": window_seconds}
    with asking() as client:
        tell(client.post("/monitor/v1/monitors", body), as_json, f"{model} is watched.")


@app.command("list")
def list_monitors(as_json: AsJson = False) -> None:
    """Show which models are watched."""
    with asking() as client:
        found = all_pages(client, "/monitor/v1/monitors", LIMIT)
    if as_json:
        return give(found)
    tabulate(
        ("model", "metrics", "window s"), [(m["model"], ", ".join(m["metrics"]), m["window_seconds"]) for m in found]
    )


@app.command()
def windows(
    model: Model,
    release: Annotated[str | None, typer.Option(help="Only of this release.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only this metric.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show each window: how many observations, and their mean."""
    with asking() as client:
        found = client.get("/monitor/v1/windows", model=model, release=release, metric=metric)["items"]
    if as_json:
        return give(found)
    rows = [
        (
            one["window_start"],
            one["release"],
            one["metric"],
            one["n"],
            f"{one['sum'] / one['n']:.4g}" if one["n"] else "",
        )
        for one in found
    ]
    tabulate(("window", "release", "metric", "n", "mean"), rows)
