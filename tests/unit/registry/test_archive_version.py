"""When is a retired version put away?"""

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import NotRetired, VersionUnknown

from tests.unit.registry.story import V1, created, in_production, registered
from tests.unit.registry.story_endings import archive, archived, destroyed, retired


def test_a_retired_version_is_archived() -> None:
    given(model_decider, created, registered, retired).when(archive).then(archived)


def test_archiving_again_changes_nothing() -> None:
    given(model_decider, created, registered, retired, archived).when(archive).then_nothing()


def test_what_was_destroyed_is_not_archived_again() -> None:
    given(model_decider, created, registered, retired, archived, destroyed).when(archive).then_nothing()


def test_what_serves_is_not_archived() -> None:
    given(model_decider, created, registered, in_production).when(archive).then_rejected(
        NotRetired, model_version=V1, stage="production"
    )


def test_what_was_only_registered_is_not_archived() -> None:
    given(model_decider, created, registered).when(archive).then_rejected(NotRetired, model_version=V1, stage=None)


def test_an_unknown_version_is_not_archived() -> None:
    given(model_decider, created).when(archive).then_rejected(VersionUnknown, model_version=V1)
