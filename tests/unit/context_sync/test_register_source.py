"""Which upstream change streams may feed contexts?"""

from dataclasses import replace

import pytest
from tenure_context_sync.names import SourceName
from tenure_context_sync.source.decider import (
    KeyNotDeclared,
    RegisterSource,
    SourceIsFixed,
    TopicIsTenures,
    TopicTaken,
    source_decider,
)
from tenure_decider import given

from tests.unit.context_sync.story import FIELDS, OBSERVATIONS, TOPIC, register, registered


def test_a_source_is_registered() -> None:
    given(source_decider).when(register).then(registered)


def test_registering_it_again_changes_nothing() -> None:
    given(source_decider, registered).when(register).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        replace(register, topic="weather.public.forecasts"),
        replace(register, key=("wind",)),
        replace(register, fields=FIELDS[::-1]),
    ],
)
def test_a_registration_never_changes(other: RegisterSource) -> None:
    given(source_decider, registered).when(other).then_rejected(SourceIsFixed, source=OBSERVATIONS)


def test_a_key_is_made_of_declared_fields() -> None:
    given(source_decider).when(replace(register, key=("origin", "gust"))).then_rejected(
        KeyNotDeclared, source=OBSERVATIONS, missing=("gust",)
    )


def test_a_source_has_a_key() -> None:
    given(source_decider).when(replace(register, key=())).then_rejected(
        KeyNotDeclared, source=OBSERVATIONS, missing=("nothing",)
    )


def test_a_topic_feeds_one_source() -> None:
    given(source_decider).when(replace(register, topic_of=SourceName("stations"))).then_rejected(
        TopicTaken, topic=TOPIC, taken_by="stations"
    )


def test_none_of_tenures_own_topics_feeds_a_source() -> None:
    given(source_decider).when(replace(register, topic="tenure.registry.events")).then_rejected(
        TopicIsTenures, topic="tenure.registry.events"
    )
