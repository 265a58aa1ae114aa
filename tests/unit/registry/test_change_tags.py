"""How are a model and its versions tagged?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ModelUnknown, VersionUnknown
from tenure_registry.parts import Tag

from tests.unit.registry.story import V1, created, registered, retired
from tests.unit.registry.story_catalogue import tag, tags_changed, team

tag_version = replace(tag, model_version=V1)
version_tagged = replace(tags_changed, model_version=V1)


def test_a_model_is_tagged() -> None:
    given(model_decider, created).when(tag).then(tags_changed)


def test_a_version_is_tagged() -> None:
    given(model_decider, created, registered).when(tag_version).then(version_tagged)


def test_a_models_tags_are_not_its_versions() -> None:
    model = model_decider.fold(created, registered, tags_changed)
    assert (dict(model.tags), dict(model.versions[V1].tags)) == ({"team": team}, {})


def test_the_same_tag_again_changes_nothing() -> None:
    given(model_decider, created, tags_changed).when(tag).then_nothing()


def test_another_kind_of_value_is_another_tag() -> None:
    number = Tag(key="team", kind="number", value="7")
    given(model_decider, created, tags_changed).when(replace(tag, tags=(number,))).then(
        replace(tags_changed, tags=(number,))
    )


def test_a_tag_is_taken_away() -> None:
    away = replace(tag, tags=(), removed=("team",))
    given(model_decider, created, tags_changed).when(away).then(replace(tags_changed, tags=(), removed=("team",)))


def test_taking_away_a_tag_that_is_not_there_changes_nothing() -> None:
    given(model_decider, created).when(replace(tag, tags=(), removed=("team",))).then_nothing()


def test_a_tag_that_is_set_and_removed_in_one_go_is_set() -> None:
    assert dict(model_decider.fold(created, replace(tags_changed, removed=("team",))).tags) == {"team": team}


def test_a_retired_version_can_still_be_tagged() -> None:
    given(model_decider, created, registered, retired).when(tag_version).then(version_tagged)


def test_a_model_that_is_not_there_has_no_tags() -> None:
    given(model_decider).when(tag).then_rejected(ModelUnknown)


def test_an_unknown_version_has_no_tags() -> None:
    given(model_decider, created).when(tag_version).then_rejected(VersionUnknown, model_version=V1)
