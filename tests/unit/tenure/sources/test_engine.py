"""What gets onto the log of what an engine says, and when does the engine hear of it?"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tenure.sources.capture import Capture, Database, Folder
from tenure.sources.engine import EngineEnded, run_engine
from tenure_eventlog import LogUnavailable, Message, Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import TopicSpec

TOPIC = "crm.public.customers"
ROW = [TOPIC, '{"id":1}', '{"op":"r"}']
TRUNCATE = [TOPIC, None, '{"op":"t"}']
TOMBSTONE = [TOPIC, '{"id":1}', None]
BEGIN = ["crm.transaction", '{"id":"7:9"}', '{"status":"BEGIN"}']
BEAT = ["__debezium-heartbeat.crm", "{}", "{}"]
CAPTURE = Capture(
    name="crm",
    database=Database(host="db", port=5432, user="u", name="shop", sslmode="require"),
    tables=("public.customers",),
    heartbeat_seconds=5,
)


class Watched(MemoryLog):
    """Notes what the engine had heard by the time of each append; may refuse."""

    def __init__(self, heard: Path, refuse: bool = False) -> None:
        super().__init__()
        self._heard, self._refuse, self.before = heard, refuse, list[int]()

    async def append(self, messages: Sequence[Message]) -> list[int]:
        self.before.append(len(self._heard.read_text()) if self._heard.exists() else 0)
        if self._refuse:
            raise LogUnavailable("away")
        return await super().append(messages)


class Bench:
    def __init__(self, directory: Path, *, refuse: bool = False) -> None:
        self.directory, self.folder = directory, Folder(directory / "crm")
        self.folder.create(CAPTURE, "s3cret")
        self.log, self.delivered = Watched(directory / "heard", refuse), list[int]()

    async def played(self, *script: dict[str, Any]) -> str:
        """The reason at the end."""
        await self.log.create_topics([TopicSpec(name=topic, partitions=2) for topic in CAPTURE.topics])
        fake = self.directory / "fake_engine.py"
        fake.write_text(Path(__file__).with_name("fake_engine.py").read_text())
        python = self.directory / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}"\n')
        python.chmod(0o755)
        (self.directory / "script.json").write_text(json.dumps(script))
        with pytest.raises(EngineEnded) as ended:
            await run_engine(self.folder, str(python), self.log, self.delivered.append)
        return str(ended.value)

    def heard(self) -> int:
        path = self.directory / "heard"
        return len(path.read_text()) if path.exists() else 0

    async def on_log(self, topic: str) -> list[tuple[int, bytes | None, bytes | None]]:
        ends = await self.log.end_offsets([topic])
        found = []
        for partition in (Partition(topic, 0), Partition(topic, 1)):
            reader = self.log.read({partition: 0})
            if ends[partition]:
                found += [(r.partition, r.key, r.value) for r in (await anext(reader)).records]
            await reader.aclose()
        return found


async def test_the_engine_hears_of_a_batch_only_once_it_is_on_the_log(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.played({"batch": [ROW]}, {"batch": [ROW, TOMBSTONE]})
    assert bench.log.before == [0, 1]
    assert (bench.heard(), bench.delivered) == (2, [1, 2])


async def test_a_batch_that_the_log_refuses_is_never_heard_of(tmp_path: Path) -> None:
    bench = Bench(tmp_path, refuse=True)
    with pytest.raises(LogUnavailable):
        await bench.played({"batch": [ROW]}, {"batch": [ROW]})
    assert (bench.log.before, bench.heard(), bench.delivered) == ([0], 0, [])


async def test_keys_and_values_are_as_they_came_and_a_truncate_has_a_place_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.played({"batch": [TRUNCATE, ROW, TOMBSTONE, BEAT]})
    found = await bench.on_log(TOPIC)
    assert (0, None, b'{"op":"t"}') in found
    assert sorted((key, value is None) for _, key, value in found if key) == [(b'{"id":1}', False), (b'{"id":1}', True)]
    assert bench.delivered == [3]


@pytest.mark.parametrize(("records", "snapshot"), [([ROW], "none"), ([ROW, BEGIN], "done")])
async def test_the_snapshot_is_done_with_the_first_transaction(
    tmp_path: Path, records: list[Any], snapshot: str
) -> None:
    bench = Bench(tmp_path)
    await bench.played({"batch": records})
    assert bench.folder.snapshot == snapshot


async def test_a_capture_whose_snapshot_is_done_asks_for_no_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for snapshot, mode in (("none", "initial"), ("begun", "initial"), ("done", "no_data")):
        bench.folder.mark(snapshot)
        await bench.played()
        orders = json.loads((tmp_path / "orders.json").read_text())["properties"]
        assert (orders["snapshot.mode"], orders["database.password"]) == (mode, "s3cret")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([{"failure": "FATAL: no such slot"}], "FATAL: no such slot"),
        ([{"print": "java.lang.OutOfMemoryError"}], "java.lang.OutOfMemoryError"),
        ([], "its process was killed"),
        ([{"bytes": "42"}], "its process was killed"),
        ([{"bytes": "58000000ff"}], "frame b'X' of 255"),
        ([{"bytes": "4200000004"}], "frame b'B' of 4"),
        ([{"bytes": "42000000037fffffff"}], "a part of 2147483647 bytes"),
        ([{"bytes": "46ffffffff"}], "a part of -1 bytes"),
    ],
)
async def test_the_end_has_a_reason(tmp_path: Path, script: list[dict[str, Any]], reason: str) -> None:
    assert await Bench(tmp_path).played(*script) == reason
