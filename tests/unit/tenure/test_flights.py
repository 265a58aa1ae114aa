"""The airline's data as the demo tells it: change records like the connector's, labels, and landings."""

import json
from pathlib import Path
from typing import Any

import pytest
from tenure.demo.flights import WEATHER_FIELDS, load_flights, load_weather, weather_changes

CAPTURED = json.loads((Path(__file__).parents[2] / "debezium" / "06-insert.json").read_text())["value"]


@pytest.fixture(scope="module")
def change() -> Any:
    return told(altered=False)["payload"]


def told(*, altered: bool) -> Any:
    """The first observation as it is written, its schema with it."""
    [(_, value)] = weather_changes(load_weather().iloc[:1], altered=altered)
    return json.loads(value)


def test_a_change_has_the_fields_of_a_captured_record(change: dict[str, object]) -> None:
    assert set(change) <= set(CAPTURED)
    assert {"before", "after", "source", "op", "ts_ms"} <= set(change)
    source = change["source"]
    assert isinstance(source, dict)
    assert set(source) <= set(CAPTURED["source"])
    assert {"ts_ms", "lsn", "txId", "snapshot"} <= set(source)


def test_a_change_holds_one_observation_without_gaps(change: dict[str, object]) -> None:
    after = change["after"]
    assert isinstance(after, dict)
    assert {"origin", "observed_at", *WEATHER_FIELDS} <= set(after)
    assert [name for name in WEATHER_FIELDS if after[name] is None] == []


@pytest.mark.parametrize("altered", [False, True])
def test_the_schema_names_the_columns_of_the_row(altered: bool) -> None:
    found = told(altered=altered)
    [row] = found["schema"]["fields"]
    types = {one["field"]: one["type"] for one in row["fields"]}
    after = found["payload"]["after"]
    assert list(types) == list(after)
    assert all(isinstance(after[name], int) for name, kind in types.items() if kind == "int32")


def test_the_airports_rename_one_column_and_narrow_another() -> None:
    before, after = (told(altered=altered)["payload"]["after"] for altered in (False, True))
    assert (set(before) - set(after), set(after) - set(before)) == ({"visib"}, {"visibility"})
    assert (after["visibility"], after["humid"]) == (before["visib"], round(before["humid"]))


def test_an_outcome_is_known_only_after_the_flight_has_landed() -> None:
    flights = load_flights()
    assert (flights.landed_at > flights["at"]).all()
    assert set(flights.label) == {0.0, 1.0}
    assert flights.request_id.is_unique
