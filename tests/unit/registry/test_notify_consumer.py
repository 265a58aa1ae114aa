"""Which consumers have notice of a version's end?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import VersionUnknown

from tests.unit.registry.story import V1, created, registered
from tests.unit.registry.story_endings import SUNSET, declared, deprecated, notified, notify


def test_a_consumer_gets_notice() -> None:
    given(model_decider, created, registered, declared, deprecated).when(notify).then(notified)


def test_a_consumer_gets_one_notice_of_a_day() -> None:
    given(model_decider, created, registered, declared, deprecated, notified).when(notify).then_nothing()


def test_a_consumer_gets_notice_anew_when_the_day_moves() -> None:
    later = SUNSET + timedelta(days=10)
    moved = replace(deprecated, sunset_at=later, previous_sunset_at=SUNSET)
    given(model_decider, created, registered, declared, deprecated, notified, moved).when(notify).then(
        replace(notified, sunset_at=later)
    )


def test_without_an_announced_day_there_is_nothing_to_tell() -> None:
    given(model_decider, created, registered, declared).when(notify).then_nothing()


def test_of_an_unknown_version_there_is_nothing_to_tell() -> None:
    given(model_decider, created, declared).when(notify).then_rejected(VersionUnknown, model_version=V1)
