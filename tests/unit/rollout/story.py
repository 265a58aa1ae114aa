"""The orders and facts that the tests of deployments begin with: one champion, one candidate, one canary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenure_rollout.deployment.commands import CreateRelease, StartRollout
from tenure_rollout.deployment.decider import tuple_digest
from tenure_rollout.events import (
    BasedOn,
    ContextRef,
    JudgementChanged,
    ReleaseCreated,
    RolloutAborted,
    RolloutPaused,
    RolloutPromoted,
    RolloutStarted,
    Step,
    StepEntered,
)
from tenure_rollout.judging.declared import JudgeDeclared, MetricDeclared, configured
from tenure_rollout.judging.metrics import JudgeConfiguration
from tenure_rollout.judging.statistics import NOTHING, Moments, with_window
from tenure_rollout.judging.verdicts import JUDGE_REVISION, Evidence, MetricStatistics, verdict_of
from tenure_rollout.names import ModelName, ModelVersion, PrincipalId, ReleaseId, RolloutId

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AN_HOUR_LATER = NOON + timedelta(hours=1)
OPERATOR = PrincipalId("p-operator")
R1, R2 = ReleaseId("r1"), ReleaseId("r2")
FIRST, CANARY = RolloutId("first"), RolloutId("canary")
WEATHER = ContextRef(context="weather", revision=1)
HEAD = BasedOn(stream="registry/model/delays", sequence=7, digest="ab" * 32)

create = CreateRelease(
    release=R1,
    model=ModelName("delays"),
    model_version=ModelVersion("1"),
    stage="production",
    artifact_digest="sha256:aa",
    contexts=(WEATHER,),
    unbound=(),
    blocked_by=(),
    prompt=None,
    flags={"cache": "on"},
    requires=(),
    judge=None,
    based_on=(HEAD,),
    principal=OPERATOR,
    now=NOON,
)
created = ReleaseCreated(
    release=R1,
    model=ModelName("delays"),
    model_version=ModelVersion("1"),
    artifact_digest="sha256:aa",
    contexts=(WEATHER,),
    prompt=None,
    flags={"cache": "on"},
    requires=(),
    judge=None,
    digest=tuple_digest(create, "sha256:aa"),
    based_on=(HEAD,),
    created_by=OPERATOR,
    created_at=NOON,
)
second = replace(created, release=R2, model_version=ModelVersion("2"))

BRIER = MetricDeclared(
    name="brier",
    kind="mean",
    direction="lower",
    margin=0.02,
    is_critical=True,
    min_n=100,
    weight=None,
    lower_bound=0.0,
    upper_bound=1.0,
    planned_mean=None,
    planned_deviation=None,
    quantile=None,
)
DECLARED = JudgeDeclared(revision=3, alpha=0.05, metrics=(BRIER,))
PAST = {"brier": Moments(n=1_000, total=160.0, squares=51.2)}
JUDGE = configured(DECLARED, PAST)
STEPS = (
    Step(kind="analysis", weight_percent=5.0, min_seconds=3_600),
    Step(kind="analysis", weight_percent=100.0, min_seconds=3_600),
)
WHOLE = (Step(kind="analysis", weight_percent=100.0, min_seconds=0),)
start = StartRollout(
    rollout=CANARY,
    release=R2,
    baseline=None,
    strategy="steps",
    steps=STEPS,
    judge=DECLARED,
    monitored=("brier", "error"),
    past=PAST,
    supersedes=None,
    frozen=None,
    missing=(),
    blocked_by=(),
    actuators=(),
    principal=OPERATOR,
    now=NOON,
)
started = RolloutStarted(
    rollout=CANARY,
    release=R2,
    champion=R1,
    baseline=None,
    strategy="steps",
    steps=STEPS,
    judge=JUDGE,
    supersedes=None,
    started_by=OPERATOR,
    started_at=NOON,
)
first_started = replace(started, rollout=FIRST, release=R1, champion=None, steps=WHOLE)
first_entered = StepEntered(rollout=FIRST, step=0, kind="analysis", weight_percent=100.0, entered_at=NOON)
first_promoted = RolloutPromoted(rollout=FIRST, release=R1, promoted_by=None, promoted_at=NOON)
serving = (created, first_started, first_entered, first_promoted)
"""R1 serves."""
canary = (*serving, second, started)
"""R1 serves, and R2's canary was started."""
entered = StepEntered(rollout=CANARY, step=0, kind="analysis", weight_percent=5.0, entered_at=NOON)
entered_last = StepEntered(rollout=CANARY, step=1, kind="analysis", weight_percent=100.0, entered_at=AN_HOUR_LATER)
paused = RolloutPaused(rollout=CANARY, reason="lunch", cause=None, paused_by=OPERATOR, paused_at=NOON)
stale = replace(paused, reason="context weather is older than 60 s", cause="stale:weather", paused_by=None)
aborted = RolloutAborted(rollout=CANARY, release=R2, reason="smoke", aborted_by=OPERATOR, aborted_at=NOON)
promoted = RolloutPromoted(rollout=CANARY, release=R2, promoted_by=None, promoted_at=NOON)


def brier(candidate: float, champion: float = 0.16, n: int = 10_000) -> MetricStatistics:
    """One window in which each arm had these losses, all alike."""
    ours, theirs = (Moments(n=n, total=n * mean, squares=n * mean * mean) for mean in (candidate, champion))
    contrast = with_window(NOTHING, ours, theirs, JUDGE.metrics[0].unit_plan)
    return MetricStatistics(metric="brier", contrast=contrast, candidate=None, champion=None)


def judged(statistics: tuple[MetricStatistics, ...], configuration: JudgeConfiguration = JUDGE) -> JudgementChanged:
    """What the judge makes of them."""
    said = verdict_of(Evidence(judge_revision=JUDGE_REVISION, configuration=configuration, statistics=statistics))
    return JudgementChanged(
        rollout=CANARY,
        step=0,
        verdict=said.verdict,
        judge_revision=JUDGE_REVISION,
        configuration=configuration,
        statistics=statistics,
        metrics=said.metrics,
        window=NOON,
        judged_at=NOON,
    )


GOOD, BAD = (brier(0.16),), (brier(0.25),)
judged_good, judged_bad = judged(GOOD), judged(BAD)
LENIENT = replace(JUDGE, metrics=(replace(JUDGE.metrics[0], is_critical=False),))
judged_harmful = judged(BAD, LENIENT)
"""Harm to what is not critical: the verdict is `pause`."""
