"""Which version does a name like `champion` stand for?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import AliasUnknown, ModelUnknown, VersionHasEnded, VersionUnknown

from tests.unit.registry.story import V1, created, registered, retired
from tests.unit.registry.story_catalogue import V2, move, moved, second_registered

take_away = replace(move, model_version=None)
taken_away = replace(moved, model_version=None, previous=V1)


def test_an_alias_is_given() -> None:
    given(model_decider, created, registered).when(move).then(moved)


def test_giving_it_again_changes_nothing() -> None:
    given(model_decider, created, registered, moved).when(move).then_nothing()


def test_an_alias_moves_and_says_from_where() -> None:
    to_second = replace(move, model_version=V2)
    given(model_decider, created, registered, second_registered, moved).when(to_second).then(
        replace(moved, model_version=V2, previous=V1)
    )


def test_an_alias_is_taken_away() -> None:
    given(model_decider, created, registered, moved).when(take_away).then(taken_away)


def test_an_alias_that_is_not_there_cannot_be_taken_away() -> None:
    given(model_decider, created, registered, moved, taken_away).when(take_away).then_rejected(
        AliasUnknown, alias="champion"
    )


def test_an_alias_can_be_given_anew() -> None:
    given(model_decider, created, registered, moved, taken_away).when(move).then(moved)


def test_a_retired_version_gets_no_alias() -> None:
    given(model_decider, created, registered, retired).when(move).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_an_unknown_version_gets_no_alias() -> None:
    given(model_decider, created).when(move).then_rejected(VersionUnknown, model_version=V1)


def test_a_model_that_is_not_there_has_no_aliases() -> None:
    given(model_decider).when(move).then_rejected(ModelUnknown)
