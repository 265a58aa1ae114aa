"""The orders and facts that the tests of deployments begin with: one champion, one candidate, one canary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenure_rollout.deployment.commands import CreateRelease, StartRollout
from tenure_rollout.deployment.decider import tuple_digest
from tenure_rollout.events import (
    BasedOn,
    ContextRef,
    Judge,
    JudgementChanged,
    ReleaseCreated,
    RolloutAborted,
    RolloutPaused,
    RolloutPromoted,
    RolloutStarted,
    Statistics,
    Step,
    StepEntered,
)
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
    digest=tuple_digest(create, "sha256:aa"),
    based_on=(HEAD,),
    created_by=OPERATOR,
    created_at=NOON,
)
second = replace(created, release=R2, model_version=ModelVersion("2"))

JUDGE = Judge(metric="brier", margin=0.02, confidence=0.95, min_n=100)
STEPS = (
    Step(kind="analysis", weight_percent=5.0, min_seconds=3_600),
    Step(kind="analysis", weight_percent=100.0, min_seconds=3_600),
)
WHOLE = (Step(kind="analysis", weight_percent=100.0, min_seconds=0),)
start = StartRollout(
    rollout=CANARY,
    release=R2,
    strategy="steps",
    steps=STEPS,
    judge=JUDGE,
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

GOOD, BAD = (Statistics(n=10_000, mean=mean, variance=0.0) for mean in (0.16, 0.25))
judged_good = JudgementChanged(
    rollout=CANARY,
    step=0,
    verdict="continue",
    metric="brier",
    margin=0.02,
    confidence=0.95,
    min_n=100,
    candidate=GOOD,
    champion=GOOD,
    difference=0.0,
    low=0.0,
    high=0.0,
    judged_at=NOON,
)
judged_bad = replace(judged_good, verdict="abort", candidate=BAD, difference=0.09, low=0.09, high=0.09)
