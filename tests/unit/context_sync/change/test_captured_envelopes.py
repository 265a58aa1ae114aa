"""What do records of the real connector come to?"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.change.debezium import read_envelope

CAPTURED = Path(__file__).parents[3] / "debezium"
NOTHING = {10, 13, 22, 29, 32}
UNREADABLE = {16: "no-key"}
KINDS = {
    9: "delete",
    12: "delete",
    15: "delete",
    17: "truncate",
    18: "nothing",
    20: "begin",
    21: "end",
    28: "delete",
    33: "end",
}
NUMBERS = [int(path.name[:2]) for path in sorted(CAPTURED.glob("[0-9]*.json"))]


class Captured(msgspec.Struct):
    """The key and value as they were captured, byte for byte."""

    key: msgspec.Raw
    value: msgspec.Raw


def captured(number: int) -> tuple[bytes | None, bytes | None]:
    found = msgspec.json.decode(next(CAPTURED.glob(f"{number:02}-*.json")).read_bytes(), type=Captured)
    key, value = (None if bytes(part) == b"null" else bytes(part) for part in (found.key, found.value))
    return key, value


def change_of(number: int) -> Change:
    change = read_envelope(*captured(number))
    assert change is not None
    return change


def fields_of(number: int) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(change_of(number).fields)
    return found


def test_all_of_them_are_there() -> None:
    assert list(range(1, 39)) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_each_is_read_for_what_it_is(number: int) -> None:
    if number in UNREADABLE:
        with pytest.raises(Unreadable) as refused:
            read_envelope(*captured(number))
        assert str(refused.value) == UNREADABLE[number]
    elif number in NOTHING:
        assert read_envelope(*captured(number)) is None
    else:
        assert change_of(number).kind == KINDS.get(number, "row")


def test_a_snapshot_row_is_not_streamed() -> None:
    change = change_of(1)
    at = datetime(2026, 11, 24, 2, 39, 0, 868_230, tzinfo=UTC)
    assert (change.key, change.rank, change.source_at, change.partial) == ('{"id":1}', (False, 24780568), at, False)


def test_an_incremental_snapshots_row_gives_no_place_and_beats_no_streamed_one() -> None:
    assert change_of(19).rank == (False, 0)
    assert change_of(19).rank < change_of(30).rank


def test_a_change_of_the_key_deletes_the_old_row_and_makes_a_new_one_at_the_same_place() -> None:
    deleted, created = change_of(9), change_of(11)
    assert (deleted.kind, deleted.key, created.kind, created.key) == ("delete", '{"id":5}', "row", '{"id":50}')
    assert deleted.rank == created.rank


def test_a_delete_brings_nothing_but_its_key() -> None:
    assert [change_of(number).fields for number in (12, 15, 28)] == ["{}", "{}", "{}"]


def test_what_the_connector_left_out_is_left_out() -> None:
    assert change_of(8).partial
    assert "notes" not in fields_of(8)
    assert fields_of(8)["name"] == "Dee"


def test_an_envelope_with_its_schema_reads_like_one_without() -> None:
    assert change_of(27).key.startswith('{"id":')
    assert "payload" not in fields_of(27)


def test_a_key_of_another_type_is_another_key() -> None:
    assert change_of(26).key == '{"id":"1"}'


def test_nulls_stay_nulls() -> None:
    assert [fields_of(38)[name] for name in ("tier", "active", "segment")] == [None, None, None]


def test_the_heartbeat_tables_row_is_a_streamed_row() -> None:
    assert (change_of(34).kind, change_of(34).streamed) == ("row", True)


def test_commit_and_connector_time_are_kept_apart() -> None:
    change = change_of(6)
    assert change.source_at == datetime(2026, 11, 24, 2, 39, 54, 758_333, tzinfo=UTC)
    assert change.connector_at == datetime(2026, 11, 24, 2, 39, 54, 839_567, tzinfo=UTC)


def test_begin_event_and_end_of_a_transaction_have_one_name() -> None:
    begin, event, end = change_of(20), change_of(6), change_of(21)
    assert (begin.kind, begin.transaction, begin.position) == ("begin", "774", 24790472)
    assert (event.transaction, event.order) == ("775", 1)
    assert (end.kind, end.transaction, end.event_count) == ("end", "780", 3)


def test_a_snapshots_row_is_in_no_transaction() -> None:
    assert (change_of(19).transaction, change_of(19).order) == (None, None)
