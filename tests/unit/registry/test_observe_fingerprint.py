"""What if a vendor serves something else under the same name?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import NotHosted, VersionHasEnded, VersionUnknown

from tests.unit.registry.story import V1, created, registered, retired
from tests.unit.registry.story_catalogue import hosted, observe, observed, registered_hosted


def test_another_fingerprint_is_a_fact() -> None:
    given(model_decider, created, registered_hosted).when(observe).then(observed)


def test_the_first_fingerprint_of_a_version_without_one_is_a_fact() -> None:
    unseen = replace(registered_hosted, hosted=replace(hosted, fingerprint=None))
    given(model_decider, created, unseen).when(observe).then(replace(observed, previous=None))


def test_the_fingerprint_that_it_was_registered_with_is_no_news() -> None:
    given(model_decider, created, registered_hosted).when(replace(observe, fingerprint="fp-1")).then_nothing()


def test_the_same_fingerprint_again_is_no_news() -> None:
    given(model_decider, created, registered_hosted, observed).when(observe).then_nothing()


def test_an_artifact_has_no_fingerprint_to_change() -> None:
    given(model_decider, created, registered).when(observe).then_rejected(NotHosted, model_version=V1)


def test_a_retired_version_is_watched_no_longer() -> None:
    given(model_decider, created, registered_hosted, retired).when(observe).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_an_unknown_version_has_no_fingerprint() -> None:
    given(model_decider, created).when(observe).then_rejected(VersionUnknown, model_version=V1)
