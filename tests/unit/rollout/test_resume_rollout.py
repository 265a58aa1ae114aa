"""When does a paused rollout go on?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import ResumeRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded
from tenure_rollout.events import RolloutResumed

from tests.unit.rollout.story import CANARY, NOON, OPERATOR, canary, paused, promoted, stale

resume = ResumeRollout(rollout=CANARY, reason="back", only_cause=None, principal=OPERATOR, now=NOON)
resumed = RolloutResumed(rollout=CANARY, reason="back", resumed_by=OPERATOR, resumed_at=NOON)
fresh = replace(resume, only_cause="stale:weather", principal=None)


def test_a_person_resumes_whatever_paused_it() -> None:
    given(deployment_decider, *canary, stale).when(resume).then(resumed)


def test_a_fresh_context_resumes_what_its_staleness_paused() -> None:
    given(deployment_decider, *canary, stale).when(fresh).then(replace(resumed, resumed_by=None))


def test_a_fresh_context_does_not_resume_what_a_person_paused() -> None:
    given(deployment_decider, *canary, paused).when(fresh).then_nothing()


def test_a_fresh_context_does_not_resume_what_another_paused() -> None:
    given(deployment_decider, *canary, replace(stale, cause="stale:planes")).when(fresh).then_nothing()


def test_resuming_what_goes_on_changes_nothing() -> None:
    given(deployment_decider, *canary).when(resume).then_nothing()


def test_what_has_ended_cannot_be_resumed() -> None:
    given(deployment_decider, *canary, promoted).when(resume).then_rejected(RolloutEnded, rollout=CANARY)
