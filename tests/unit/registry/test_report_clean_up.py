"""What is cleared away after a version?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import NotRetired, TaskUnknown, VersionUnknown

from tests.unit.registry.story import V1, created, in_production, registered
from tests.unit.registry.story_endings import archived, report, reported, retired


def test_who_did_a_task_reports_it() -> None:
    given(model_decider, created, registered, retired).when(report).then(reported)


def test_a_task_can_be_reported_of_what_was_archived() -> None:
    given(model_decider, created, registered, retired, archived).when(report).then(reported)


def test_a_task_that_is_done_is_not_reported_again() -> None:
    given(model_decider, created, registered, retired, reported).when(replace(report, note="twice")).then_nothing()


def test_a_task_is_one_of_the_policys() -> None:
    given(model_decider, created, registered, retired).when(replace(report, task="flowers")).then_rejected(
        TaskUnknown, task="flowers", known=("artifacts", "serving", "features")
    )


def test_nothing_is_cleared_away_that_serves() -> None:
    given(model_decider, created, registered, in_production).when(report).then_rejected(
        NotRetired, model_version=V1, stage="production"
    )


def test_nothing_is_cleared_away_after_an_unknown_version() -> None:
    given(model_decider, created).when(report).then_rejected(VersionUnknown, model_version=V1)
