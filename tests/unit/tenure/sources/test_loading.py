"""How does a batch file become changes of a source?"""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from tenure.sources.files import FileRefused, fetched
from tenure.sources.loading import Loaded, Target, load
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change
from tenure_eventlog import LogUnavailable, Message, Partition, Record
from tenure_eventlog.memory import MemoryLog
from tenure_keyring import Keyring, MemoryKeys, is_token

TOPIC = "erp.prices"
REGISTERED = {
    "source": "prices",
    "topic": TOPIC,
    "format": "json",
    "key": ["id"],
    "fields": [{"name": "id", "type": "int8"}, {"name": "price", "type": "double"}],
    "time_field": "loaded_at",
    "position_field": "load",
}
LAYOUT = Layout(format="json", key=("id",), time_field="loaded_at", position_field="load")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Shelf:
    """Files, and the log that they are loaded onto."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.log, self.target = directory, MemoryLog(), Target.of(REGISTERED)

    def put(self, content: str, name: str = "prices.csv", at: datetime = NOON) -> Path:
        path = self.directory / name
        path.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    async def loaded(self, path: Path, target: Target | None = None) -> Loaded:
        with fetched(str(path), None) as file:
            return await load(self.log, target or self.target, file, "csv")

    async def records(self) -> list[Record]:
        partition = Partition(TOPIC, 0)
        end = (await self.log.end_offsets([TOPIC]))[partition]
        reader = self.log.read({partition: 0})
        records = list((await anext(reader)).records) if end else []
        await reader.aclose()
        return records


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


async def test_rows_become_keyed_changes_as_of_the_files_time(shelf: Shelf) -> None:
    assert await shelf.loaded(shelf.put("id,price\n1,9.5\n2,\n")) == (2, None)
    changes = [read_change(LAYOUT, record) for record in await shelf.records()]
    assert [(c.kind, c.key, c.source_at) for c in changes if c] == [
        ("row", '{"id":1}', NOON),
        ("row", '{"id":2}', NOON),
    ]


async def test_the_same_content_is_loaded_once_whatever_its_name(shelf: Shelf) -> None:
    await shelf.loaded(shelf.put("id,price\n1,9.5\n"))
    again = await shelf.loaded(shelf.put("id,price\n1,9.5\n", "other.csv.gz"))
    assert (again.rows, again.known_since is None, len(await shelf.records())) == (1, False, 1)


async def test_a_later_load_wins_even_with_an_older_file(shelf: Shelf) -> None:
    await shelf.loaded(shelf.put("id,price\n1,9.5\n"))
    await shelf.loaded(shelf.put("id,price\n1,8.5\n", at=datetime(2020, 1, 1, tzinfo=UTC)))
    first, second = [read_change(LAYOUT, record) for record in await shelf.records()]
    assert first is not None
    assert second is not None
    assert second.rank > first.rank


async def test_a_rows_own_time_and_place_go_before_the_files(shelf: Shelf) -> None:
    await shelf.loaded(shelf.put("id,loaded_at,load\n1,2026-01-01T00:00:00Z,77\n"))
    [change] = [read_change(LAYOUT, record) for record in await shelf.records()]
    assert change is not None
    assert (change.source_at, change.position) == (datetime(2026, 1, 1, tzinfo=UTC), 77)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,price\n1,1\n,2\n", "line 3: no id, which is its key"),
        ("price\n1\n", "line 2: no id"),
        ("id,price,a\n1,1,\x00\n", "line 2: row-holds-a-null-character"),
    ],
)
async def test_one_bad_row_and_nothing_is_appended(shelf: Shelf, content: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        await shelf.loaded(shelf.put(content))
    assert await shelf.records() == []


async def test_a_load_that_was_cut_short_is_done_again_and_changes_no_row(shelf: Shelf) -> None:
    path, append = shelf.put("id,price\n1,9.5\n2,7\n"), shelf.log.append

    async def away(messages: list[Message]) -> list[int]:
        if messages[0].topic != TOPIC:
            raise LogUnavailable("away")
        return await append(messages)

    shelf.log.append = away  # type: ignore[method-assign]  # the crash: after the rows, before the note
    with pytest.raises(LogUnavailable):
        await shelf.loaded(path)
    shelf.log.append = append  # type: ignore[method-assign]
    assert await shelf.loaded(path) == (2, None)
    changes = [change for record in await shelf.records() if (change := read_change(LAYOUT, record))]
    assert [change.key for change in changes] == ['{"id":1}', '{"id":2}'] * 2
    assert {change.fields.partition(',"loaded_at"')[0] for change in changes[:2]} == {
        change.fields.partition(',"loaded_at"')[0] for change in changes[2:]
    }


def test_a_file_over_the_limit_is_refused_also_when_it_is_packed(shelf: Shelf) -> None:
    path = shelf.put("x" * 10_000, "big.csv.gz")
    assert path.stat().st_size < 1_000
    with pytest.raises(FileRefused, match="over 9999 bytes"), fetched(str(path), None, max_bytes=9_999):
        pass


def test_an_address_that_holds_nothing_is_told(shelf: Shelf) -> None:
    for url, words in ((str(shelf.directory / "no.csv"), "can't be read"), ("nowhere://a/b.csv", "Protocol not known")):
        with pytest.raises(FileRefused, match=words), fetched(url, None):
            pass


class Timeless(MemoryFileSystem):
    """A place that does not know when anything was modified, as a web server may not."""

    protocol = "timeless"

    def modified(self, path: str) -> datetime:
        raise NotImplementedError


def test_a_place_that_knows_no_times_asks_for_one() -> None:
    fsspec.register_implementation("timeless", Timeless, clobber=True)
    with fsspec.open("timeless://prices.csv", "wb") as file:
        file.write(b"id\n1\n")
    with pytest.raises(FileRefused, match="say it with --at"), fetched("timeless://prices.csv", None):
        pass
    with fetched("timeless://prices.csv", NOON) as found:
        assert (found.name, found.modified_at) == ("prices.csv", NOON)


@pytest.mark.parametrize(
    ("wrong", "words"), [({"format": "debezium"}, "format json"), ({"time_field": None}, "no time_field")]
)
def test_a_source_that_takes_no_files_is_told(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        Target.of({**REGISTERED, **wrong})


PEOPLE = Target.of(
    {
        **REGISTERED,
        "fields": [{"name": "id", "type": "string"}, {"name": "name", "type": "string", "personal": True}],
    }
)
CANARY = "canary-7f3a91-Lovelace"


async def test_what_is_personal_is_on_the_log_sealed_and_never_plain(shelf: Shelf) -> None:
    path = shelf.put(f"id,name\ns-ada,{CANARY}\ns-none,\n")
    with fetched(str(path), None) as file:
        await load(shelf.log, PEOPLE, file, "csv", ring=Keyring(MemoryKeys()))
    values = [record.value or b"" for record in await shelf.records()]
    assert [is_token(msgspec.json.decode(value)["name"]) for value in values] == [True, False]
    assert CANARY.encode() not in b"".join(values)


async def test_without_a_key_ring_nothing_personal_is_loaded(shelf: Shelf) -> None:
    with pytest.raises(FileRefused, match="TENURE_SUBJECT_KEYS"):
        await shelf.loaded(shelf.put(f"id,name\ns-ada,{CANARY}\n"), PEOPLE)


async def test_personal_values_that_are_nobodys_are_refused_before_any_row_is_appended(shelf: Shelf) -> None:
    path = shelf.put(f"id,name\ns-ada,{CANARY}\nada@example.org,{CANARY}\n")
    with fetched(str(path), None) as file, pytest.raises(FileRefused, match="line 3: no-subject"):
        await load(shelf.log, PEOPLE, file, "csv", ring=Keyring(MemoryKeys()))
    assert await shelf.records() == []
