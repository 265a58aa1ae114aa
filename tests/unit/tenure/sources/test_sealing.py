"""What of a captured table is never plain on the log?"""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tenure.sources.capture import Capture, CaptureRefused, Database, Folder
from tenure.sources.sealing import seal_of
from tenure_context_sync.change.debezium import PLACEHOLDER, read_envelope
from tenure_context_sync.erasure.opening import opened
from tenure_context_sync.view.reading import Found
from tenure_eventlog import Message
from tenure_keyring import ERASED_TOKEN, Keyring, MemoryKeys, is_token

TOPIC = "crm.public.customers"
CANARY = "canary-7f3a91-Lovelace"
KEY = b'{"id": "s-ada"}'
CAPTURE = Capture(
    name="crm",
    database=Database(host="db", port=5432, user="u", name="shop", sslmode="require"),
    tables=("public.customers", "public.orders"),
    heartbeat_seconds=5,
    personal=("public.customers.name", "public.customers.born"),
    subjects=("public.customers.id",),
).knowing({"public.customers": ["id", "name", "born", "tier"], "public.orders": ["id", "total"]})


def told(op: str = "u", topic: str = TOPIC, **after: Any) -> Message:
    source = {"ts_ms": 1_362_096_000_000, "lsn": 7, "snapshot": "false"}
    row = None if op == "d" else {"id": "s-ada", "tier": "gold", **after}
    before = {"id": "s-ada", "name": CANARY}
    return Message(topic, KEY, msgspec.json.encode({"op": op, "source": source, "before": before, "after": row}))


async def sealed(ring: Keyring, *messages: Message) -> list[bytes | None]:
    return [one.value for one in await seal_of(CAPTURE, ring)(messages)]


def after(value: bytes | None) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.json.decode(value or b"null")["after"]
    return row


async def test_a_row_before_and_after_its_change_is_sealed_or_gone() -> None:
    [value] = await sealed(Keyring(MemoryKeys()), told(name=CANARY, born=1815))
    row = after(value)
    assert ([is_token(row["name"]), is_token(row["born"])], row["tier"]) == ([True, True], "gold")
    assert CANARY.encode() not in (value or b"")


async def test_a_column_that_came_after_the_capture_is_sealed_too() -> None:
    """It may be one that was renamed."""
    [value] = await sealed(Keyring(MemoryKeys()), told(full_name=CANARY))
    assert (is_token(after(value)["full_name"]), after(value)["tier"]) == (True, "gold")


async def test_who_may_opens_it_where_context_sync_reads_it() -> None:
    ring = Keyring(MemoryKeys())
    [value] = await sealed(ring, told(name=CANARY))
    change = read_envelope(KEY, value)
    assert change is not None
    rows = {change.key: Found(change.source_at, msgspec.json.decode(change.fields))}
    found = (await opened(ring, TOPIC, frozenset({"name"}), rows))[change.key]
    assert found.fields == {"id": "s-ada", "tier": "gold", "name": CANARY}


async def test_a_value_that_was_not_sent_stays_so() -> None:
    [value] = await sealed(Keyring(MemoryKeys()), told(name=PLACEHOLDER))
    assert after(value)["name"] == PLACEHOLDER


async def test_personal_values_that_are_nobodys_are_dropped_since_none_could_erase_them() -> None:
    [value] = await sealed(Keyring(MemoryKeys()), told(id="ada@example.org", name=CANARY))
    assert after(value)["name"] == ERASED_TOKEN
    assert CANARY.encode() not in (value or b"")


async def test_a_delete_tells_nothing_of_the_row_that_it_took() -> None:
    [value] = await sealed(Keyring(MemoryKeys()), told("d"))
    assert CANARY.encode() not in (value or b"")
    assert read_envelope(KEY, value) == read_envelope(KEY, told("d").value)


async def test_other_tables_truncates_and_tombstones_pass_in_their_order() -> None:
    passing = [
        told(topic="crm.public.orders", name="x"),
        Message(TOPIC, None, b'{"op":"t"}'),
        Message(TOPIC, KEY, None),
    ]
    found = await seal_of(CAPTURE, Keyring(MemoryKeys()))([passing[0], told(name=CANARY), *passing[1:]])
    assert [found[0], *found[2:]] == passing


async def test_what_comes_of_an_erased_subject_is_dropped_before_the_log() -> None:
    ring = Keyring(MemoryKeys())
    await ring.destroy("s-ada")
    [value] = await sealed(ring, told(name=CANARY))
    assert after(value)["name"] == ERASED_TOKEN


def test_without_keys_nothing_personal_is_captured() -> None:
    with pytest.raises(CaptureRefused, match="TENURE_SUBJECT_KEYS"):
        seal_of(CAPTURE, None)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"personal": ("public.people.name",)}, "no column of a captured table"),
        ({"subjects": ()}, "name by --subject"),
        ({"subjects": ("public.customers.id", "public.customers.no")}, "name by --subject"),
    ],
)
def test_personal_columns_are_somebodys(columns: dict[str, tuple[str, ...]], why: str) -> None:
    with pytest.raises(CaptureRefused, match=why):
        replace(CAPTURE, **columns)


def test_what_is_personal_is_remembered_between_starts(tmp_path: Any) -> None:
    folder = Folder(tmp_path / "crm")
    folder.create(CAPTURE, "s3cret")
    assert folder.capture() == CAPTURE
