"""Which telemetry can be read?"""

from datetime import UTC, datetime

import msgspec
import pytest
from tenure_eventlog import Record
from tenure_eventlog.topics import OUTCOMES, PREDICTIONS
from tenure_monitor.metrics import EDGES_MS, FIGURES, LONGEST_MS, brier, bucket, error
from tenure_monitor.processor import TelemetryProcessor
from tenure_monitor.telemetry import UNREADABLE, Outcome, Prediction, read_outcome, read_prediction, write

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OUTCOME = b'{"request_id":"q1","model":"delays","label":%s,"occurred_at":"2026-11-24T12:00:00Z"}'
PREDICTION = Prediction(
    request_id="q1",
    model="delays",
    environment="production",
    release="r1",
    model_version="1",
    route_epoch=5,
    entity="N14228",
    score=0.25,
    context_age_seconds=None,
    predicted_at=NOON,
)


def record(topic: str, offset: int, value: bytes | None) -> Record:
    return Record(topic, 0, offset, 0, b"q1", value, ())


def test_what_was_written_is_read() -> None:
    assert read_prediction(write(PREDICTION)) == PREDICTION
    assert read_outcome(OUTCOME % b"1") == Outcome(request_id="q1", model="delays", label=1.0, occurred_at=NOON)


@pytest.mark.parametrize("label", [b"NaN", b"1e999", b"-0.1", b"1.1", b'"1"', b"null"])
def test_a_label_is_a_probability(label: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read_outcome(OUTCOME % label)


@pytest.mark.parametrize("wrong", [b"2026-11-24T12:00:00", b"0001-01-01T00:00:00+12:00", b"9999-12-31T23:59:59-12:00"])
def test_a_prediction_has_an_instant_that_every_time_zone_can_tell(wrong: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read_prediction(write(PREDICTION).replace(b"2026-11-24T12:00:00Z", wrong))


@pytest.mark.parametrize("wrong", [b'"\\u0000"', b'""', b'"\xff"', b'"' + b"x" * 201 + b'"'])
def test_an_id_is_a_text_that_postgres_can_hold(wrong: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read_prediction(write(PREDICTION).replace(b'"q1"', wrong))


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> None:
    good, bad, gone = (
        record(OUTCOMES.name, 0, OUTCOME % b"0"),
        record(OUTCOMES.name, 1, OUTCOME % b"7"),
        record(PREDICTIONS.name, 2, None),
    )
    effects = TelemetryProcessor(dict).process([bad, good, gone])
    assert list(effects.outcomes) == ["q1"]
    assert effects.predictions == {}
    assert [(held.reason, held.record) for held in effects.unreadable] == [
        ("malformed-telemetry", bad),
        ("malformed-telemetry", gone),
    ]


def test_of_a_prediction_told_twice_the_first_counts() -> None:
    again = write(PREDICTION).replace(b"0.25", b"0.75")
    effects = TelemetryProcessor(dict).process(
        [record(PREDICTIONS.name, 0, write(PREDICTION)), record(PREDICTIONS.name, 1, again)]
    )
    assert effects.predictions == {"q1": PREDICTION}


def test_the_brier_score_is_the_squared_miss() -> None:
    assert [brier(0.25, 1.0), brier(0.25, 0.0), brier(1.0, 1.0)] == [0.5625, 0.0625, 0.0]


def test_an_error_is_a_miss_at_one_half() -> None:
    assert [error(0.5, 1.0), error(0.5, 0.0), error(0.49, 0.0)] == [0.0, 1.0, 0.0]


def test_what_failed_needs_no_score_and_what_did_not_needs_one() -> None:
    failed = write(msgspec.structs.replace(PREDICTION, score=None, failed=True))
    assert read_prediction(failed).score is None
    with pytest.raises(UNREADABLE, match="unless it failed"):
        read_prediction(failed.replace(b"true", b"false"))


@pytest.mark.parametrize("wrong", [b"-0.1", b"NaN", b"1e999", b'"1"'])
def test_a_latency_is_a_length(wrong: bytes) -> None:
    told = write(msgspec.structs.replace(PREDICTION, latency_ms=12.5))
    assert read_prediction(told).latency_ms == 12.5
    with pytest.raises(UNREADABLE):
        read_prediction(told.replace(b"12.5", wrong))


@pytest.mark.parametrize(
    ("age", "limit", "figure"), [(61.0, 60.0, 1.0), (60.0, 60.0, 0.0), (None, 60.0, None), (61.0, None, None)]
)
def test_a_context_beyond_its_sla_is_stale(age: float | None, limit: float | None, figure: float | None) -> None:
    told = msgspec.structs.replace(PREDICTION, context_age_seconds=age, context_limit_seconds=limit)
    assert FIGURES["stale"](told) == figure


def test_a_latency_is_clipped_within_the_edges_and_counted_up_to_each() -> None:
    assert FIGURES["latency"](msgspec.structs.replace(PREDICTION, latency_ms=1e9)) == LONGEST_MS < EDGES_MS[-1]
    places = [bucket(ms) for ms in (0.0, EDGES_MS[0], EDGES_MS[7], EDGES_MS[7] + 0.001, LONGEST_MS, None)]
    assert places == [0, 0, 7, 8, len(EDGES_MS) - 1, None]
