"""Which upstream change streams may feed contexts?"""

from dataclasses import replace

import pytest
from tenure_context_sync.events import Field, Heartbeat
from tenure_context_sync.names import SourceName
from tenure_context_sync.source.commands import RegisterSource
from tenure_context_sync.source.decider import source_decider
from tenure_context_sync.source.rules import (
    CadenceNotPositive,
    FieldNamedTwice,
    FieldsUnknown,
    KeyIsPersonal,
    KeyNotDeclared,
    NoHeartbeatInFormat,
    OneCadenceOnly,
    PlaceComesWithTheRecord,
    SourceIsFixed,
    SubjectNotDeclared,
    TopicIsTenures,
    TopicNamedTwice,
    TopicTaken,
)
from tenure_context_sync.source.state import TopicUse
from tenure_decider import given

from tests.unit.context_sync.story import FIELDS, NOON, OBSERVATIONS, TOPIC, register, registered

BEATS, TRANSACTIONS = "weather.public.beats", "weather.transaction"
STATIONS = SourceName("stations")
BEAT = Heartbeat(topic=BEATS, every_seconds=5)
watched = replace(register, heartbeat=BEAT, transaction_topic=TRANSACTIONS)
loaded = replace(register, format="json", every_seconds=3_600)


def test_a_source_is_registered() -> None:
    given(source_decider).when(register).then(registered)


def test_with_its_heartbeat_and_transactions() -> None:
    given(source_decider).when(watched).then(replace(registered, heartbeat=BEAT, transaction_topic=TRANSACTIONS))


def test_registering_it_again_changes_nothing_whoever_does_and_whenever() -> None:
    later = replace(register, now=NOON.replace(hour=13))
    given(source_decider, registered).when(later).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        replace(register, topic="weather.public.forecasts"),
        replace(register, key=("wind",)),
        replace(register, fields=FIELDS[::-1]),
        replace(register, heartbeat=BEAT),
        replace(register, transaction_topic=TRANSACTIONS),
        replace(register, subject_field="origin"),
        replace(register, every_seconds=60),
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


def test_a_field_is_declared_once() -> None:
    twice = (*FIELDS, Field(name="wind", type="string", personal=False))
    given(source_decider).when(replace(register, fields=twice)).then_rejected(
        FieldNamedTwice, source=OBSERVATIONS, field="wind"
    )


@pytest.mark.parametrize("name", ["time_field", "position_field", "subject_field"])
def test_time_position_and_subject_are_declared_fields(name: str) -> None:
    given(source_decider).when(replace(loaded, **{name: "gust"})).then_rejected(
        FieldsUnknown, source=OBSERVATIONS, missing=("gust",)
    )


@pytest.mark.parametrize("name", ["time_field", "position_field"])
def test_an_envelope_says_itself_when_and_where(name: str) -> None:
    given(source_decider).when(replace(register, **{name: "wind"})).then_rejected(
        PlaceComesWithTheRecord, format="debezium"
    )


@pytest.mark.parametrize("role", ["rows", "heartbeats", "transactions"])
def test_a_topic_has_the_rows_of_one_source_and_nothing_else(role: str) -> None:
    use = TopicUse(TOPIC, role, STATIONS)  # type: ignore[arg-type]  # the parameters are roles
    given(source_decider).when(replace(register, others=(use,))).then_rejected(
        TopicTaken, topic=TOPIC, role=role, taken_by=STATIONS
    )


def test_the_sources_of_one_connector_share_its_heartbeats_and_transactions() -> None:
    others = (TopicUse(BEATS, "heartbeats", STATIONS), TopicUse(TRANSACTIONS, "transactions", STATIONS))
    given(source_decider).when(replace(watched, others=others)).then(
        replace(registered, heartbeat=BEAT, transaction_topic=TRANSACTIONS)
    )


def test_heartbeats_come_on_no_topic_of_rows() -> None:
    others = (TopicUse(BEATS, "rows", STATIONS),)
    given(source_decider).when(replace(watched, others=others)).then_rejected(
        TopicTaken, topic=BEATS, role="rows", taken_by=STATIONS
    )


def test_rows_and_heartbeats_have_topics_of_their_own() -> None:
    mixed = replace(register, heartbeat=Heartbeat(topic=TOPIC, every_seconds=5))
    given(source_decider).when(mixed).then_rejected(TopicNamedTwice, topic=TOPIC)


@pytest.mark.parametrize(
    "own",
    [
        replace(register, topic="tenure.registry.events"),
        replace(register, transaction_topic="tenure.registry.events"),
        replace(register, heartbeat=Heartbeat(topic="tenure.registry.events", every_seconds=5)),
    ],
)
def test_none_of_tenures_own_topics_feeds_a_source(own: RegisterSource) -> None:
    given(source_decider).when(own).then_rejected(TopicIsTenures, topic="tenure.registry.events")


@pytest.mark.parametrize("other", [{"heartbeat": BEAT}, {"transaction_topic": TRANSACTIONS}])
def test_plain_json_has_no_heartbeat_and_no_transactions(other: dict[str, object]) -> None:
    plain = replace(register, format="json", **other)
    given(source_decider).when(plain).then_rejected(NoHeartbeatInFormat, format="json")


def test_a_source_is_streamed_or_loaded() -> None:
    given(source_decider).when(replace(watched, every_seconds=60)).then_rejected(OneCadenceOnly, source=OBSERVATIONS)


@pytest.mark.parametrize(
    "command", [replace(loaded, every_seconds=0), replace(register, heartbeat=replace(BEAT, every_seconds=0))]
)
def test_a_cadence_is_a_second_at_least(command: RegisterSource) -> None:
    given(source_decider).when(command).then_rejected(CadenceNotPositive, every_seconds=0)


def personal(*names: str) -> tuple[Field, ...]:
    return tuple(replace(field, personal=field.name in names) for field in FIELDS)


def test_personal_fields_belong_to_whom_the_keys_only_field_names() -> None:
    given(source_decider).when(replace(register, fields=personal("wind"))).then(
        replace(registered, fields=personal("wind"))
    )


@pytest.mark.parametrize(
    "named", [{}, {"subject_field": "wind"}, {"format": "json", "time_field": "wind"}], ids=["key", "subject", "time"]
)
def test_what_is_in_the_clear_everywhere_is_not_personal(named: dict[str, object]) -> None:
    command = replace(register, fields=personal("origin", "wind"), **named)
    found = ("origin", "wind") if named else ("origin",)
    given(source_decider).when(command).then_rejected(KeyIsPersonal, source=OBSERVATIONS, personal=found)


def test_of_a_key_of_several_fields_somebody_must_say_who_is_meant() -> None:
    fields = (*personal("wind"), Field(name="hour", type="int4", personal=False, nullable=False))
    command = replace(register, fields=fields, key=("origin", "hour"))
    given(source_decider).when(command).then_rejected(SubjectNotDeclared, source=OBSERVATIONS)
    named = replace(command, subject_field="origin")
    given(source_decider).when(named).then(
        replace(registered, fields=fields, key=("origin", "hour"), subject_field="origin")
    )
