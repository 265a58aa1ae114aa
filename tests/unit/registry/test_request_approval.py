"""How is an approval asked for?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import VersionHasEnded, VersionUnknown
from tenure_registry.names import Stage

from tests.unit.registry.story import AUTHOR, V1, created, registered, retired
from tests.unit.registry.story_approvals import request, requested


def test_an_approval_is_asked_for() -> None:
    given(model_decider, created, registered).when(request).then(requested)


def test_asking_again_for_the_same_changes_nothing() -> None:
    given(model_decider, created, registered, requested).when(request).then_nothing()


def test_the_first_who_asked_stays_the_requester_when_another_asks_for_the_same() -> None:
    given(model_decider, created, registered, requested).when(replace(request, principal=AUTHOR)).then_nothing()


def test_asking_with_another_comment_is_another_request() -> None:
    given(model_decider, created, registered, requested).when(replace(request, comment="now")).then(
        replace(requested, comment="now")
    )


def test_each_stage_is_asked_for_by_itself() -> None:
    given(model_decider, created, registered, requested).when(replace(request, stage=Stage("validated"))).then(
        replace(requested, stage=Stage("validated"))
    )


def test_nothing_is_asked_for_a_retired_version() -> None:
    given(model_decider, created, registered, retired).when(request).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_nothing_is_asked_for_an_unknown_version() -> None:
    given(model_decider, created).when(request).then_rejected(VersionUnknown, model_version=V1)
