"""Is a version's artifact where it is said to be?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import LocatorUnknown, VersionUnknown

from tests.unit.registry.story import V1, created, registered
from tests.unit.registry.story_catalogue import PLACE, check, checked


def test_what_was_found_at_a_locator_is_recorded() -> None:
    given(model_decider, created, registered).when(check).then(checked)


def test_what_could_not_be_reached_is_recorded_as_unverified() -> None:
    away = replace(check, outcome="unverified", detail="no route")
    given(model_decider, created, registered).when(away).then(replace(checked, outcome="unverified", detail="no route"))


def test_the_same_outcome_again_is_no_news() -> None:
    given(model_decider, created, registered, checked).when(check).then_nothing()


def test_a_locator_that_was_verified_can_differ_later() -> None:
    exchanged = replace(check, outcome="differs", detail="sha256:bb")
    given(model_decider, created, registered, checked).when(exchanged).then(
        replace(checked, outcome="differs", detail="sha256:bb")
    )


def test_nothing_counts_as_verified_before_it_was_checked() -> None:
    assert model_decider.fold(created, registered).versions[V1].locators.get(PLACE) is None


def test_only_a_locator_of_the_version_is_checked() -> None:
    given(model_decider, created, registered).when(replace(check, locator="s3://other")).then_rejected(
        LocatorUnknown, model_version=V1, locator="s3://other"
    )


def test_an_unknown_version_has_no_locators() -> None:
    given(model_decider, created).when(check).then_rejected(VersionUnknown, model_version=V1)
