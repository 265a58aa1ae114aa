"""Which consumers know that a version ends?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    ConsumerOfAnother,
    ConsumerUndeclared,
    ConsumerUnknown,
    NotDeprecated,
    ReasonRequired,
    VersionUnknown,
)
from tenure_registry.names import ConsumerName

from tests.unit.registry.story import AUTHOR, V1, created, registered
from tests.unit.registry.story_endings import (
    CREW_LEAD,
    OPERATOR,
    acknowledge,
    acknowledged,
    declared,
    deprecated,
    notified,
)

told = (created, registered, declared, deprecated)
undeclared = (created, registered, deprecated, notified)
by_operator = replace(acknowledge, principal=OPERATOR, may_stand_in=True, reason="they have left")


def test_a_consumer_acknowledges_the_day() -> None:
    given(model_decider, *told).when(acknowledge).then(acknowledged)


def test_acknowledging_again_changes_nothing() -> None:
    given(model_decider, *told, acknowledged).when(acknowledge).then_nothing()


def test_only_an_announced_end_is_acknowledged() -> None:
    given(model_decider, created, registered, declared).when(acknowledge).then_rejected(NotDeprecated, model_version=V1)


def test_nobody_else_acknowledges_for_a_consumer() -> None:
    by_author = replace(acknowledge, principal=AUTHOR, reason="they told me")
    given(model_decider, *told).when(by_author).then_rejected(
        ConsumerOfAnother, consumer=acknowledge.consumer, declared_by=CREW_LEAD
    )


def test_an_operator_acknowledges_in_their_place_and_says_why() -> None:
    given(model_decider, *told).when(by_operator).then(
        replace(acknowledged, acknowledged_by=OPERATOR, reason="they have left")
    )
    given(model_decider, *told).when(replace(by_operator, reason=" ")).then_rejected(ReasonRequired)


def test_for_who_is_only_seen_calling_an_operator_acknowledges_and_says_why() -> None:
    given(model_decider, *undeclared).when(by_operator).then(
        replace(acknowledged, acknowledged_by=OPERATOR, reason="they have left")
    )
    given(model_decider, *undeclared).when(replace(by_operator, reason="")).then_rejected(ReasonRequired)


def test_nobody_else_acknowledges_for_who_is_only_seen_calling() -> None:
    given(model_decider, *undeclared).when(acknowledge).then_rejected(ConsumerUndeclared, consumer=acknowledge.consumer)


def test_only_a_consumer_that_is_declared_or_seen_acknowledges() -> None:
    stranger = ConsumerName("stranger")
    given(model_decider, *told).when(replace(acknowledge, consumer=stranger)).then_rejected(
        ConsumerUnknown, consumer=stranger
    )


def test_the_end_of_an_unknown_version_is_not_acknowledged() -> None:
    given(model_decider, created, declared).when(acknowledge).then_rejected(VersionUnknown, model_version=V1)
