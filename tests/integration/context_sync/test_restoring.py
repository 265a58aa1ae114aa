"""Does a store that is made anew hold what it held, where retention has dropped changes that a snapshot still has?"""

import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs
from tenure_artifacts import ArtifactStore, LocalKeyRing, parse_digest
from tenure_context_sync.app import definition
from tenure_context_sync.change.debezium import PLACEHOLDER
from tenure_context_sync.snapshot.restorer import Restorer
from tenure_context_sync.snapshot.writing import Tables
from tenure_eventlog import Message
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.topics import TopicSpec
from tenure_service import ServiceSettings, open_platform

from tests.integration.context_sync.desk import MARCH, Desk, TwoPeople
from tests.integration.context_sync.story import WRITTEN_AT_MS

pytestmark = pytest.mark.postgres
CANARY = "canary-5e77ed-Lovelace"
VIEW: dict[str, Any] = {
    "context": "journeys",
    "revision": 1,
    "source": "flights",
    "entity_key": ["flight"],
    "columns": {"hours": "hours", "note": "note", "pilot": "pilot", "seats": "plane.seats"},
    "joins": {"plane": {"source": "planes", "on": ["tail"]}},
    "aggregates": {
        "delayed": {
            "source": "delays",
            "by": ["flight"],
            "time_field": "at",
            "window_seconds": 3_600,
            "function": "sum",
            "field": "minutes",
        }
    },
    "expectations": [{"field": "hours", "rule": "range", "maximum": 24}],
}
KEPT = "select source, key, streamed, position, source_at, deleted, fields, layers from context_rows order by 1, 2"
HELD = "select source, key, position, source_at, deleted, fields from context_held order by 1, 2"
OTHERS = (
    # Of a deleted row nothing is left to blank, so whose it was need not be known.
    "select subject, source, key from context_subjects join context_rows using (source, key)"
    " where not deleted order by 1, 2, 3",
    "select source, position, source_at from source_truncates order by 1",
)


def changed(topic: str, lsn: int, op: str = "u", **row: object) -> Message:
    """By its place, a minute each."""
    name = {"flights": "flight", "planes": "tail", "delays": "id"}[topic]
    source = {"ts_ms": WRITTEN_AT_MS + lsn * 60_000, "lsn": lsn, "snapshot": "false"}
    key = None if op == "t" else msgspec.json.encode({name: row[name]})
    value = {"op": op, "source": source, "after": None if op in ("d", "t") else row}
    return Message(topic, key, msgspec.json.encode(value), partition=0 if op == "t" else None)


def flight(lsn: int, name: str, op: str = "u", **row: object) -> Message:
    whole = {"tail": "N1", "hours": 3, "note": "n", "owner": "s-ada", "pilot": CANARY}
    return changed("flights", lsn, op, flight=name, **{**whole, **row})


def delay(lsn: int, number: int, minutes: float, op: str = "u") -> Message:
    at = (MARCH + timedelta(minutes=lsn)).isoformat()
    return changed("delays", lsn, op, id=number, flight="UA1", at=at, minutes=minutes)


EARLY = (
    changed("planes", 1, tail="N0", seats=1),
    changed("planes", 2, op="t"),
    changed("planes", 3, tail="N1", seats=180),
    flight(4, "UA1", hours=2),
    flight(5, "UA1", hours=3, note=PLACEHOLDER),  # made of two parts
    flight(6, "UA2", hours=5),
    flight(7, "UA2", hours=99),  # which the revision can't read: it goes on with the one before
    flight(8, "UA3"),
    flight(9, "UA3", op="d"),
    delay(10, 1, 20),
    delay(11, 2, 30),
    delay(12, 2, 0, op="d"),
)
LATE = (flight(3, "UA3", hours=1), flight(20, "UA4"), delay(21, 3, 7), changed("planes", 22, tail="N2", seats=2))


@dataclass(slots=True)
class Home:
    """Where a platform is, and may be made again in another database."""

    directory: Path
    postgres: EmbeddedPostgres
    stack: AsyncExitStack
    first: Desk
    subject_keys: str

    async def anew(self) -> Desk:
        """The same log, and an empty store."""
        database = await self.postgres.create_database(f"anew_{uuid4().hex}")
        settings = ServiceSettings(
            log="memory",
            tokens=self.directory / "tokens.json",
            clock=f"stepped:{self.first.now.isoformat()}",
            database=database,
            subject_keys=self.subject_keys,
            master_keys=self.directory / "master-keys.json",
        )
        opened = open_platform(settings, [definition()], event_log=self.first.log, authenticator=TwoPeople())
        platform = await self.stack.enter_async_context(opened)
        desk = Desk(self.first.log, database, platform, self.first.now, topics=[*self.first.topics])
        await desk.settled(topic="flights")
        return desk


@pytest.fixture
async def home(
    tmp_path: Path, database: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Home]:
    """Everything early has come, and a snapshot of it is pinned."""
    monkeypatch.setenv("TENURE_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("TENURE_KEYRING", str(tmp_path / "keys.json"))
    keys = await postgres.create_database(f"keys_{uuid4().hex}")
    async with AsyncExitStack() as stack:
        desk = await Desk.open(tmp_path, database, stack, keys)
        desk.topics.clear()
        await desk.source("planes", ["tail"], tail="string", seats="integer")
        await desk.source("delays", ["id"], id="integer", flight="string", at="string", minutes="double")
        await desk.source("unused", ["id"], id="integer")
        types = {"flight": "string", "tail": "string", "hours": "double", "note": "string", "owner": "string"}
        fields: list[dict[str, Any]] = [{"name": name, "type": type_} for name, type_ in types.items()]
        fields.append({"name": "pilot", "type": "string", "personal": True})
        source = {"source": "flights", "topic": "flights", "key": ["flight"], "fields": fields}
        await desk.log.create_topics([TopicSpec(name="flights", partitions=2, retention_ms=3_600_000)])
        desk.topics.append("flights")
        await desk.done("/sources", {**source, "subject_field": "owner"})
        await desk.done("/contexts", VIEW)
        await desk.settled(topic="flights")
        await desk.fed(*EARLY)
        await desk.settled(1_800, topic="flights")
        await desk.done("/snapshots", {"snapshot": "winter", "context": "journeys", "revision": 1, "table": True})
        yield Home(tmp_path, postgres, stack, desk, keys)


async def expired(desk: Desk) -> None:
    """All but the last record of each partition is dropped."""
    for partition, end in (await desk.log.end_offsets(["flights", "planes", "delays"])).items():
        if end:
            desk.log.expire(partition, end - 1)


async def answers(desk: Desk) -> Any:
    keys = [{"flight": f"UA{number}"} for number in range(1, 5)]
    body = {"keys": keys, "purpose": "serving"}
    rows = (await desk.done("/contexts/journeys/revisions/1/read", body))["rows"]
    return [(row["values"], row["source_at"], row["verdict"]) for row in rows]


async def kept(desk: Desk) -> list[list[tuple[Any, ...]]]:
    """What the store holds; tokens of one value differ."""
    connection = await asyncpg.connect(desk.database)
    found = [[tuple(row) for row in await connection.fetch(query)] for query in (KEPT, HELD, *OTHERS)]
    await connection.close()
    return [[tuple(without_tokens(cell) for cell in row) for row in rows] for rows in found]


def without_tokens(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(("{", "[")):
        return cell
    return [word for word in cell.split('"') if not word.startswith("tenure.sealed.")]


async def test_a_store_that_is_made_anew_is_as_if_no_change_had_been_dropped(home: Home) -> None:
    await expired(home.first)
    await home.first.fed(*LATE)
    await home.first.settled(topic="flights")
    anew = await home.anew()
    assert await answers(anew) == await answers(home.first)
    assert await kept(anew) == await kept(home.first)
    assert (await answers(anew))[0][0] == {
        "flight": "UA1", "hours": 3, "note": "n", "pilot": CANARY, "seats": 180, "delayed": 27,
    }  # fmt: skip


async def test_without_a_snapshot_what_was_dropped_is_missing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is the snapshot that makes the difference."""
    await expired(home.first)
    monkeypatch.setattr(Restorer, "_newest", lambda self, topic: None)
    assert await answers(await home.anew()) != await answers(home.first)


async def test_rows_are_put_back_once_and_a_store_that_saw_the_beginning_needs_none(home: Home) -> None:
    await expired(home.first)
    anew = await home.anew()
    for desk, snapshot in ((anew, "winter"), (home.first, "")):
        connection = await asyncpg.connect(desk.database)
        begun = {row["source"]: row["snapshot"] for row in await connection.fetch("select * from source_begun")}
        await connection.close()
        assert begun == {**dict.fromkeys(("delays", "flights", "planes"), snapshot), "unused": ""}
        assert await desk.platform.runtimes["context-sync"].part(Restorer).settle(datetime.min)


async def test_a_store_that_was_made_anew_is_pinned_whole_and_made_anew_from_that(home: Home) -> None:
    await expired(home.first)
    anew = await home.anew()
    await anew.done("/snapshots", {"snapshot": "spring", "context": "journeys", "revision": 1, "table": True})
    await anew.settled(1, topic="flights")
    home.first.now = anew.now
    again = await home.anew()
    assert await kept(again) == await kept(anew)
    connection = await asyncpg.connect(again.database)
    assert await connection.fetchval("select snapshot from source_begun where source = 'flights'") == "spring"
    await connection.close()


async def test_an_erased_subjects_rows_come_back_without_its_data(home: Home) -> None:
    await home.first.done("/subjects/s-ada/erasure", {"reason": "asked"})
    await home.first.settled(topic="flights")
    await expired(home.first)
    anew = await home.anew()
    values, _, verdict = (await answers(anew))[0]
    assert (values["pilot"], values["hours"], verdict) == (None, 3, "erased")


async def test_no_canary_is_in_the_pinned_rows(home: Home) -> None:
    rows = (await home.first.got("/snapshots/winter"))["rows"]
    ring = LocalKeyRing.open(home.directory / "keys.json")
    ArtifactStore.open(str(home.directory / "artifacts"), ring).pull(
        parse_digest(rows["artifact"]), home.directory / "x"
    )
    text = gzip.decompress((home.directory / "x").read_bytes()).decode()
    assert "tenure.sealed." in text
    assert CANARY not in text
    assert {line.split('"')[1] for line in text.splitlines()} == {"flights", "planes", "delays"}


async def test_what_came_after_the_snapshot_and_was_dropped_is_told_of(home: Home) -> None:
    await home.first.fed(*(flight(number, "UA5") for number in range(30, 34)))
    await home.first.settled(topic="flights")
    await expired(home.first)
    with capture_logs() as said:
        await home.anew()
    assert [one["topic"] for one in said if one["event"] == "changes_lost"] == ["flights"]


async def test_while_the_rows_can_not_be_had_the_service_is_not_ready_and_goes_on_when_they_can(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await expired(home.first)
    restorer = home.first.platform.runtimes["context-sync"].part(Restorer)
    connection = await asyncpg.connect(home.first.database)
    await connection.execute("delete from source_begun")
    await connection.close()
    restorer._begun.clear()
    with monkeypatch.context() as away:
        away.setattr(Tables, "pulled", unreachable)
        with pytest.raises(OSError, match="away"):
            await restorer.settle(datetime.min)
        body = {"snapshot": "spring", "context": "journeys", "revision": 1, "table": True}
        assert await home.first.refused("/snapshots", body) == (503, "table-not-written"), "it would lack rows"
        assert restorer.trouble == "rows of delays are being put back from snapshot winter"
    assert not await restorer.settle(datetime.min)
    assert restorer.trouble is None


def unreachable(self: Tables, digest: str) -> Any:
    raise OSError("the artifacts are away")
