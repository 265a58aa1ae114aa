"""What does a step wait for?"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tenure_decider import given
from tenure_rollout.deployment.commands import ApproveStep
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.routing import desired
from tenure_rollout.deployment.rules import ApprovalOfAnotherRelease, NotWaitingForApproval
from tenure_rollout.deployment.state import DeploymentState, Rollout
from tenure_rollout.deployment.steps import World, is_open, is_overdue, waits_for
from tenure_rollout.events import DeploymentEvent, HeaderRoute, Step, StepApproved, StepEntered, Wait
from tenure_rollout.names import Deployment, PrincipalId, ReleaseId, StepKind, WaitKind

from tests.unit.rollout.story import (
    AN_HOUR_LATER,
    CANARY,
    NOON,
    OPERATOR,
    R1,
    R2,
    WHOLE,
    canary,
    created,
    entered,
    first_started,
    judged_bad,
    judged_good,
    second,
    serving,
    started,
)
from tests.unit.rollout.story import first_entered as alone_entered

MINUTE = timedelta(minutes=1)
QUIET = World()
EMBEDDER = Deployment("embedder@production")


def wait(kind: WaitKind, **more: object) -> Step:
    said = {"approvals": 0, "approver_kinds": (), "opens": None, "closes": None, "deployment": None, "release": None}
    return Step(kind="waitFor", wait=Wait(kind=kind, **(said | more)))  # type: ignore[arg-type]  # said are its fields


def at(step: Step, *since: DeploymentEvent) -> Rollout:
    """The rollout in this step, its only one, since noon."""
    plan = replace(started, steps=(step,))
    state = deployment_decider.fold(*serving, second, plan, entry(step.kind), *since)
    assert state.active
    return state.active


def entry(kind: StepKind, weight: float = 0.0) -> StepEntered:
    return StepEntered(rollout=CANARY, step=0, kind=kind, weight_percent=weight, entered_at=NOON)


def test_a_pause_lasts_as_long_as_it_says() -> None:
    pause = at(Step(kind="pause", min_seconds=60))
    assert waits_for(pause, QUIET, NOON + MINUTE - timedelta(microseconds=1)) == "60 s to pass"
    assert waits_for(pause, QUIET, NOON + MINUTE) is None


def test_a_pause_without_a_time_waits_for_a_person() -> None:
    step = Step(kind="pause")
    assert waits_for(at(step), QUIET, AN_HOUR_LATER) == "a person"
    assert waits_for(at(step, approved()), QUIET, NOON) is None


def test_an_analysis_waits_for_its_time_and_then_for_the_judge() -> None:
    step = Step(kind="analysis", weight_percent=5.0, min_seconds=3_600)
    assert waits_for(at(step, judged_good), QUIET, NOON) == "3600 s to pass"
    assert waits_for(at(step), QUIET, AN_HOUR_LATER) == "the judge, who says nothing yet"
    assert waits_for(at(step, judged_bad), QUIET, AN_HOUR_LATER) == "the judge, who says abort of brier"
    assert waits_for(at(step, judged_good), QUIET, AN_HOUR_LATER) is None


def test_a_first_release_has_nobody_to_be_judged_by() -> None:
    state = deployment_decider.fold(created, replace(first_started, steps=WHOLE), alone_entered)
    assert state.active
    assert waits_for(state.active, QUIET, NOON) is None


def test_a_wait_for_freshness_names_what_is_stale() -> None:
    rollout = at(wait("freshness"))
    assert waits_for(rollout, World(stale=("weather",)), NOON) == "fresh contexts: weather"
    assert waits_for(rollout, QUIET, NOON) is None


def test_a_wait_for_approvals_counts_persons_of_the_kinds_that_it_names() -> None:
    step = wait("approvals", approvals=2, approver_kinds=("risk",))
    assert waits_for(at(step), QUIET, NOON) == "2 more approvals"
    assert waits_for(at(step, approved("a", "risk"), approved("b", "business")), QUIET, NOON) == "1 more approvals"
    assert waits_for(at(step, approved("a", "risk"), approved("b", "risk")), QUIET, NOON) is None


def test_a_wait_for_another_rollout_ends_when_its_release_serves() -> None:
    rollout = at(wait("rollout", deployment=EMBEDDER, release=ReleaseId("e2")))
    assert waits_for(rollout, World(serving={EMBEDDER: ReleaseId("e1")}), NOON) == "e2 to serve embedder@production"
    assert waits_for(rollout, World(serving={EMBEDDER: ReleaseId("e2")}), NOON) is None


@pytest.mark.parametrize(
    ("opens", "closes", "open_at", "shut_at"),
    [("09:00", "17:00", (12, 16), (8, 17, 23)), ("22:00", "06:00", (22, 0, 5), (6, 12, 21))],
)
def test_a_window_is_open_from_its_first_minute_to_before_its_last_also_over_midnight(
    opens: str, closes: str, open_at: tuple[int, ...], shut_at: tuple[int, ...]
) -> None:
    assert all(is_open(opens, closes, NOON.replace(hour=hour)) for hour in open_at)
    assert not any(is_open(opens, closes, NOON.replace(hour=hour)) for hour in shut_at)


def test_nothing_moves_in_a_freeze_whatever_the_step() -> None:
    world = World(frozen="year-end, the books are closed")
    assert waits_for(at(Step(kind="setWeight", weight_percent=5.0)), world, NOON) == (
        "frozen: year-end, the books are closed"
    )


def test_a_step_is_not_passed_before_every_gateway_follows() -> None:
    step = Step(kind="setWeight", weight_percent=5.0)
    assert waits_for(at(step), World(lagging=("haproxy", "edge")), NOON) == "edge, haproxy to follow the route"


@pytest.mark.parametrize(("after", "overdue"), [(MINUTE - timedelta(microseconds=1), False), (MINUTE, True)])
def test_a_step_that_may_not_last_longer_is_overdue_then(after: timedelta, overdue: bool) -> None:
    step = Step(kind="analysis", max_seconds=60)
    assert is_overdue(at(step), NOON + after) is overdue


def test_a_step_without_a_limit_is_never_overdue() -> None:
    assert not is_overdue(at(Step(kind="pause")), datetime.max.replace(tzinfo=NOON.tzinfo))


def test_what_a_step_sets_stays_till_a_later_one_sets_it() -> None:
    header = HeaderRoute(header="X-Green", value="yes")
    steps = (
        Step(kind="setHeaderRoute", header=header),
        Step(kind="mirror", weight_percent=20.0),
        Step(kind="setWeight", weight_percent=5.0),
    )
    state = deployment_decider.fold(*serving, second, replace(started, steps=steps), entry("setHeaderRoute"))
    assert shares(state) == ([(R2, 0.0), (R1, 100.0)], [], ["X-Green"])
    state = deployment_decider.evolve(state, replace(entry("mirror"), step=1))
    assert shares(state) == ([(R2, 0.0), (R1, 100.0)], [20.0], ["X-Green"])
    state = deployment_decider.evolve(state, replace(entry("setWeight", 5.0), step=2))
    assert shares(state) == ([(R2, 5.0), (R1, 95.0)], [20.0], ["X-Green"])


def shares(state: DeploymentState) -> tuple[list[tuple[ReleaseId, float]], list[float], list[str]]:
    wanted = desired(state)
    arms = [(arm.release, arm.weight_percent) for arm in wanted.arms]
    return arms, [mirror.percent for mirror in wanted.mirrors], [header.header for header in wanted.headers]


def approved(who: str = OPERATOR, kind: str | None = None) -> StepApproved:
    return StepApproved(
        rollout=CANARY,
        step=0,
        digest=second.digest,
        approver_kind=kind,
        comment="looks well",
        approved_by=PrincipalId(who),
        approved_at=NOON,
    )


approve = ApproveStep(
    rollout=CANARY,
    seen_digest=second.digest,
    approver_kind=None,
    comment="looks well",
    principal=OPERATOR,
    now=NOON,
)
MANUAL = (*serving, second, replace(started, steps=(Step(kind="pause"),)), entry("pause"))


def test_a_person_lets_a_step_pass_for_the_release_that_was_seen() -> None:
    given(deployment_decider, *MANUAL).when(approve).then(approved())


def test_an_approval_of_another_tuple_is_none() -> None:
    given(deployment_decider, *MANUAL).when(replace(approve, seen_digest="sha256:00")).then_rejected(
        ApprovalOfAnotherRelease, release_digest=second.digest, seen="sha256:00"
    )


def test_a_person_counts_once() -> None:
    given(deployment_decider, *MANUAL, approved()).when(approve).then_nothing()


def test_only_a_step_that_waits_for_a_person_is_approved() -> None:
    given(deployment_decider, *canary, entered).when(approve).then_rejected(NotWaitingForApproval, rollout=CANARY)
