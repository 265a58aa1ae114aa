"""Can a user make a training table of a whole view, and make it again?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tenure_artifacts import ArtifactStore, LocalKeyRing, parse_digest
from tenure_eventlog import Message
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import TopicSpec

from tests.e2e.running import Start, tenure

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCES: dict[str, tuple[list[str], dict[str, str]]] = {
    "flights": (["flight"], {"flight": "string", "tail": "string", "hours": "double"}),
    "planes": (["tail"], {"tail": "string", "seats": "integer"}),
    "delays": (["id"], {"id": "integer", "flight": "string", "at": "string", "minutes": "double"}),
}
DELAYED = {"source": "delays", "by": ["flight"], "time_field": "at", "window_seconds": 3_600, "function": "sum"}
JOURNEYS = {
    "context": "journeys",
    "revision": 1,
    "source": "flights",
    "entity_key": ["flight"],
    "columns": {"seats": "coalesce(plane.seats, 0)", "bad": "delayed > 60", "per_hour": "delayed / hours"},
    "joins": {"plane": {"source": "planes", "on": ["tail"]}},
    "aggregates": {"delayed": {**DELAYED, "field": "minutes"}},
}


def change(topic: str, minute: float, op: str = "u", **row: object) -> Message:
    key = {name: row[name] for name in SOURCES[topic][0]}
    committed_ms = int((NOON + timedelta(minutes=minute)).timestamp() * 1_000)
    source = {"ts_ms": committed_ms, "lsn": int(minute * 10) + 1, "snapshot": "false"}
    after = None if op == "d" else row
    return Message(topic, msgspec.json.encode(key), msgspec.json.encode({"op": op, "source": source, "after": after}))


def delay(number: int, minute: float, minutes: float, happened: float) -> Message:
    at = (NOON + timedelta(minutes=happened)).isoformat()
    return change("delays", minute, id=number, flight="UA1", at=at, minutes=minutes)


CHANGES = (
    change("planes", 0, tail="N1", seats=100),
    change("flights", 1, flight="UA1", tail="N1", hours=2),
    delay(1, 2, 50, happened=1),
    change("planes", 30, tail="N1", seats=180),
    delay(2, 40, 20, happened=35),
    delay(3, 200, 7, happened=36),  # tells late of what was long ago
    change("planes", 90, tail="N1", op="d"),
)
EXPECTED = {
    0.5: (None, None, None, None),
    10: (100, 50.0, False, 25.0),
    45: (180, 70.0, True, 35.0),
    63: (180, 20.0, False, 10.0),
    94: (0, 20.0, False, 10.0),
    300: (0, 0.0, False, 0.0),
}


def spine(path: Path) -> str:
    times = pa.array([NOON + timedelta(minutes=one) for one in EXPECTED], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"flight": ["UA1"] * len(EXPECTED), "asked_at": times}), path)
    return str(path)


async def ran(*arguments: str, **about: str) -> str:
    process = await tenure(*arguments, **about)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_table_of_joins_windows_and_expressions_is_as_each_rows_time_and_is_made_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("TENURE_KEYRING", str(tmp_path / "keys.json"))
    run = await start()
    async with open_log(f"embedded:{run.directory}") as log, run.client() as client:
        await log.create_topics([TopicSpec(name=name, partitions=2, retention_ms=10**12) for name in SOURCES])
        for name, (key, types) in SOURCES.items():
            fields = [{"name": field, "type": type_} for field, type_ in types.items()]
            await client.post("/context/v1/sources", {"source": name, "topic": name, "key": key, "fields": fields})
        await client.post("/context/v1/contexts", JOURNEYS)
        await log.append(CHANGES)
        about = {"TENURE_HOME": str(run.directory), "TENURE_URL": run.origin}
        asked = ("--spine", spine(tmp_path / "spine.parquet"), "--time", "asked_at")
        await ran("contexts", "snapshot", "winter", "--context", "journeys", "--revision", "1", *asked, **about)
        pinned = await client.get("/context/v1/snapshots/winter")
        assert {one["topic"] for one in pinned["offsets"]} == set(SOURCES)
        assert found(tmp_path, pinned) == EXPECTED
        await log.append([change("flights", 400, flight="UA1", tail="N1", hours=9)])
        again = await ran("snapshots", "rebuild", "winter", "--time", "asked_at", "--check", **about)
        assert pinned["table"]["rows_digest"] in again


def found(directory: Path, pinned: dict[str, Any]) -> dict[float, tuple[Any, ...]]:
    """By the minute."""
    store = ArtifactStore.open(str(directory / "artifacts"), LocalKeyRing.open(directory / "keys.json"))
    store.pull(parse_digest(pinned["table"]["artifact"]), directory / "table.parquet")
    return {
        (row["tenure_at"] - NOON).total_seconds() / 60: (row["seats"], row["delayed"], row["bad"], row["per_hour"])
        for row in pq.read_table(directory / "table.parquet").to_pylist()
    }
