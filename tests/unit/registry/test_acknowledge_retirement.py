"""Which consumers know that a version ends?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ConsumerUnknown, NotDeprecated, VersionUnknown
from tenure_registry.names import ConsumerName

from tests.unit.registry.story import V1, created, registered
from tests.unit.registry.story_endings import acknowledge, acknowledged, declared, deprecated

told = (created, registered, declared, deprecated)


def test_a_consumer_acknowledges_the_day() -> None:
    given(model_decider, *told).when(acknowledge).then(acknowledged)


def test_acknowledging_again_changes_nothing() -> None:
    given(model_decider, *told, acknowledged).when(acknowledge).then_nothing()


def test_only_an_announced_end_is_acknowledged() -> None:
    given(model_decider, created, registered, declared).when(acknowledge).then_rejected(NotDeprecated, model_version=V1)


def test_only_a_declared_consumer_acknowledges() -> None:
    stranger = ConsumerName("stranger")
    given(model_decider, *told).when(replace(acknowledge, consumer=stranger)).then_rejected(
        ConsumerUnknown, consumer=stranger
    )


def test_the_end_of_an_unknown_version_is_not_acknowledged() -> None:
    given(model_decider, created, declared).when(acknowledge).then_rejected(VersionUnknown, model_version=V1)
