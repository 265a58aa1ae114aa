"""tenure rollouts: what the judge said, and whether it follows from what that rests on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.cli.asking import AsJson, all_pages, asking, end, give, say, tabulate

if TYPE_CHECKING:
    from tenure.client import Client

MOST_DEPLOYMENTS = 100_000
Rollout = Annotated[str, typer.Argument(help="The rollout's id.")]
Deployment = Annotated[str | None, typer.Option(help="MODEL@ENVIRONMENT, where several have a rollout of that id.")]


def judgements(rollout: Rollout, deployment: Deployment = None, as_json: AsJson = False) -> None:
    """Show each change of a verdict, metric by metric."""
    with asking() as client:
        found = judged(client, rollout, deployment)
    if as_json:
        return give(found)
    rows = [row for one in found for row in rows_of(one["judgement"])]
    tabulate(("judged at", "rollout", "metric", "verdict", "harm", "between", "margin", "n"), rows)


def replay(rollout: Rollout, deployment: Deployment = None) -> None:
    """Compute each verdict again from its event alone. Exit code 1 where any byte differs, or can't be computed."""
    from tenure_rollout.judging.replaying import NotReplayable, differences

    with asking() as client:
        found = judged(client, rollout, deployment)
    if not found:
        end(f"{rollout} was never judged: a first release has nobody to be judged by.")
    wrong = 0
    for one in found:
        judgement = one["judgement"]
        place = f"#{one['sequence']} {judgement['judged_at']} {judgement['verdict']}"
        try:
            differing = differences(judgement)
        except NotReplayable as why:
            differing = [str(why)]
        wrong += bool(differing)
        say(f"{place}: {'; '.join(differing) or 'same'}")
    if wrong:
        end(f"{wrong} of {len(found)} judgements are not what their evidence comes to here.")


def judged(client: "Client", rollout: str, deployment: str | None) -> list[Any]:
    """The rollout's judgements, oldest first."""
    name = deployment or deployment_of(client, rollout)
    items: list[Any] = client.get(f"/rollout/v1/deployments/{name}/rollouts/{rollout}/judgements")["items"]
    return items


def deployment_of(client: "Client", rollout: str) -> str:
    """The one deployment that has or had a rollout of that id."""
    deployments = all_pages(client, "/rollout/v1/deployments", MOST_DEPLOYMENTS)
    found = [one["deployment"] for one in deployments if has(one, rollout)]
    if not found:
        end(f"No deployment has a rollout {rollout}: `tenure rollouts list` shows what is under way.")
    if len(found) > 1:
        end(f"{', '.join(found)} each have a rollout {rollout}: say which one by --deployment.")
    return str(found[0])


def has(deployment: Mapping[str, Any], rollout: str) -> bool:
    active = deployment["active"]
    return rollout in deployment["ended"] or (active is not None and active["rollout"] == rollout)


def rows_of(judgement: Mapping[str, Any]) -> list[tuple[object, ...]]:
    margins = {one["name"]: one["margin"] for one in judgement["configuration"]["metrics"]}
    return [
        (
            judgement["judged_at"],
            judgement["verdict"],
            one["metric"],
            one["verdict"],
            _short(one["harm"]),
            f"{_short(one['low'])} and {_short(one['high'])}",
            _short(margins[one["metric"]]),
            f"{one['candidate_n']} : {one['champion_n']}",
        )
        for one in judgement["metrics"]
    ]


def _short(value: float | None) -> str:
    """JSON has no infinity, which is what None stands for in older events."""
    return "unbounded" if value is None else f"{value:.4g}"
