"""What can be asked of judges: how one is declared, what it said, and which windows it can't use?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Body, Mutation, Name, Problem, not_found

from tenure_rollout.api.common import DeploymentName, Reader, stream_of
from tenure_rollout.courses import Courses
from tenure_rollout.events import JudgementChanged
from tenure_rollout.judging.declared import JudgeDeclared, MetricDeclared
from tenure_rollout.judging.metrics import MOST_METRICS
from tenure_rollout.judging.statistics import Moments
from tenure_rollout.names import ReleaseId
from tenure_rollout.views import judgement_view
from tenure_rollout.windows import Series, WindowFollower
from tenure_rollout.world import KIND, model_of

router = APIRouter()
MOST_QUARANTINED, MOST_JUDGEMENTS = 100, 1_000
Count = Annotated[int, Field(ge=1, lt=2**31)]


class MetricBody(Body):
    """Plan and weight may be left open: the champion's past is planned then, and alpha is shared equally.

    `direction` says which way is better. All bounds hold for every observation; a proportion's are 0 and 1.
    """

    metric: Name
    margin: float
    kind: Literal["mean", "proportion", "paired", "quantile"] = "mean"
    direction: Literal["lower", "higher"] = "lower"
    critical: bool = True
    min_n: Count = 100
    weight: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    planned_mean: float | None = None
    planned_deviation: float | None = None
    quantile: float | None = None


class JudgeBody(Body):
    """Metrics; or `metric` and `margin` of one loss between 0 and 1, with `confidence` and `min_n`."""

    metrics: Annotated[tuple[MetricBody, ...], Field(max_length=MOST_METRICS)] = ()
    alpha: float = 0.05
    revision: Annotated[int, Field(ge=0, lt=2**31)] = 1
    metric: Name | None = None
    margin: float | None = None
    confidence: float | None = None
    min_n: Count = 100


def declared_of(body: JudgeBody) -> JudgeDeclared:
    """Raises Problem 422 where it is neither form, or both."""
    if (body.metric is None) == (not body.metrics):
        raise Problem(422, "metrics-or-metric", "give the judge's metrics, or the one metric with its margin, not both")
    if body.metric is None:
        metrics, alpha = body.metrics, body.alpha
    else:
        margin = body.margin or 0.0
        metrics = (MetricBody(metric=body.metric, margin=margin, min_n=body.min_n, lower_bound=0.0, upper_bound=1.0),)
        alpha = body.alpha if body.confidence is None else round(1 - body.confidence, 12)
    return JudgeDeclared(revision=body.revision, alpha=alpha, metrics=tuple(_declared(each) for each in metrics))


def _declared(body: MetricBody) -> MetricDeclared:
    return MetricDeclared(
        name=body.metric,
        kind=body.kind,
        direction=body.direction,
        margin=body.margin,
        is_critical=body.critical,
        min_n=body.min_n,
        weight=body.weight,
        lower_bound=body.lower_bound,
        upper_bound=body.upper_bound,
        planned_mean=body.planned_mean,
        planned_deviation=body.planned_deviation,
        quantile=body.quantile,
    )


def past_of(mutation: Mutation, model: str, champion: ReleaseId | None, judge: JudgeDeclared) -> Mapping[str, Moments]:
    """What each metric was of the champion, in all windows that have closed."""
    if champion is None:
        return {}
    windows = mutation.runtime.part(WindowFollower)
    return {each.name: windows.past(Series(model, champion, each.name), mutation.now) for each in judge.metrics}


@router.get("/deployments/{deployment}/rollouts/{rollout}/judgements")
async def list_judgements(deployment: DeploymentName, rollout: Name, read: Reader) -> Response:
    """Each change of a verdict, oldest first, with all that it rests on; of a long rollout the newest 1,000."""
    stream = read.replica.stream(stream_of(deployment))
    if stream is None:
        raise not_found(f"deployment {deployment}")
    told = await read.replica.events(stream.name, wanted=lambda meta: ".judgement-changed." in meta.type)
    mine = [
        judgement_view(meta, one) for meta, one in told if isinstance(one, JudgementChanged) and one.rollout == rollout
    ]
    return read.answer({"items": mine[-MOST_JUDGEMENTS:]})


@router.get("/windows/quarantined")
async def list_quarantined(read: Reader) -> Response:
    """Windows that nothing is judged by: of releases that no deployment has, or with values that can't be."""
    releases: dict[str, set[str]] = {}
    for stream in read.replica.streams(KIND).values():
        releases.setdefault(model_of(stream.name), set()).update(stream.state.releases)
    windows = read.runtime.part(WindowFollower)
    unknown = [one for one in windows.series() if one.release not in releases.get(one.model, ())]
    items = [{**one._asdict(), "windows": len(windows.windows(one))} for one in sorted(unknown)[:MOST_QUARANTINED]]
    found = {
        "unknown_releases": len({(one.model, one.release) for one in unknown}),
        "unknown_windows": sum(len(windows.windows(one)) for one in unknown),
        "unreadable": windows.unreadable,
        "unknown": items,
        "unusable": [{"rollout": name, "reason": why} for name, why in read.runtime.part(Courses).faults()],
    }
    return read.answer(found)
