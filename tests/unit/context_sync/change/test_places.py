"""Does a place in each database's own log become one number that keeps the log's order?"""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.places import (
    BLOCK_BITS,
    FILE_BITS,
    MOST,
    POS_BITS,
    SLOT_BITS,
    VLF_BITS,
    binlog_position,
    log_sequence_position,
)

from tests.unit.context_sync.change.records import DEBEZIUM, read

AT = datetime(2026, 3, 1, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1_000)
MYSQL = {"connector": "mysql", "server_id": 1, "gtid": None, "file": "mysql-bin.000003", "pos": 484, "row": 0}
MARIADB = {"connector": "mariadb", "gtid": "0-1-270", "file": None, "pos": None}
SQL_SERVER = {
    "connector": "sqlserver",
    "change_lsn": "00000027:00000ac0:0002",
    "commit_lsn": "00000027:00000ac0:0007",
    "event_serial_no": 1,
}
ORACLE = {"connector": "oracle", "scn": "2868546", "commit_scn": "2868547:1:02000a00", "rs_id": "001234", "ssn": 0}

binlogs = st.tuples(st.integers(0, 2**FILE_BITS - 1), st.integers(0, 2**POS_BITS - 1))
sequences = st.tuples(*(st.integers(0, 2**bits - 1) for bits in (VLF_BITS, BLOCK_BITS, SLOT_BITS)))


def envelope(source: dict[str, object], *, op: str = "u", snapshot: str = "false") -> bytes:
    told = {"ts_ms": AT_MS, "snapshot": snapshot, **source}
    return msgspec.json.encode({"op": op, "source": told, "after": {"id": 1}, "ts_ms": AT_MS + 5})


def binlog(place: tuple[int, int]) -> int:
    return binlog_position(f"mysql-bin.{place[0]:06}", place[1])


def sequence(place: tuple[int, int, int]) -> int:
    return log_sequence_position("{:08x}:{:08x}:{:04x}".format(*place))


@pytest.mark.parametrize(
    ("source", "position"),
    [
        (MYSQL, 3 << 32 | 484),
        (MARIADB, 270),
        ({"connector": "mysql", "gtid": "3e11fa47-71ca-11e1-9e33-c80aa9429562:23"}, 23),
        (SQL_SERVER, 0x27 << 37 | 0xAC0 << 12 | 2),
        (ORACLE, 2_868_546),
        ({"connector": "oracle", "commit_scn": 77}, 77),
        ({"connector": "postgresql", "lsn": 24_790_704}, 24_790_704),
    ],
    ids=["MySQL", "MariaDB", "MySQL's GTID alone", "SQL Server", "Oracle", "a commit's SCN alone", "Postgres"],
)
def test_each_connectors_place_and_commit_time_are_read(source: dict[str, object], position: int) -> None:
    change = read(DEBEZIUM, b'{"id":1}', envelope(source))
    assert (change.rank, change.source_at) == ((True, position), AT)


def test_a_snapshots_row_of_sql_server_has_the_place_of_the_snapshot() -> None:
    change = read(DEBEZIUM, b'{"id":1}', envelope({**SQL_SERVER, "change_lsn": None}, op="r", snapshot="true"))
    assert change.rank == (False, 0x27 << 37 | 0xAC0 << 12 | 7)


def test_an_incremental_snapshots_row_of_mysql_has_none() -> None:
    source = {**MYSQL, "file": "", "pos": 0}
    assert read(DEBEZIUM, b'{"id":1}', envelope(source, op="r", snapshot="incremental")).rank == (False, 0)


@given(binlogs, binlogs)
def test_binary_logs_keep_their_order_in_63_bits(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (binlog(one) < binlog(other)) == (one < other)
    assert 0 <= binlog(one) <= MOST


@given(sequences, sequences)
def test_log_sequence_numbers_keep_their_order_in_63_bits(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    assert (sequence(one) < sequence(other)) == (one < other)
    assert 0 <= sequence(one) <= MOST


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"file": "mysql-bin.000003", "pos": 2**32}, "position-out-of-range"),
        ({"file": f"mysql-bin.{2**31}", "pos": 4}, "position-out-of-range"),
        ({"file": "mysql-bin", "pos": 4}, "not-a-position"),
        ({"file": "mysql-bin.٣", "pos": 4}, "not-a-position"),
        ({"change_lsn": "ffffffff:00000ac0:0002"}, "position-out-of-range"),
        ({"change_lsn": "00000027-00000ac0-0002"}, "not-a-position"),
        ({"scn": str(2**63)}, "position-out-of-range"),
        ({"scn": "-1"}, "not-a-position"),
        ({"gtid": "0-1-x"}, "not-a-position"),
        ({"connector": "mongodb"}, "no-position"),
    ],
)
def test_what_would_spoil_the_order_is_refused(source: dict[str, object], reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(DEBEZIUM, b'{"id":1}', envelope(source))
    assert str(refused.value) == reason


@pytest.mark.parametrize("name", ["3e11fa47-71ca-11e1-9e33-c80aa9429562:23", "file=mysql-bin.3,pos=154", "02000a00"])
def test_a_transactions_name_is_only_cut_where_it_is_postgres(name: str) -> None:
    begin = read(DEBEZIUM, None, msgspec.json.encode({"status": "BEGIN", "id": name, "ts_ms": AT_MS}))
    assert (begin.kind, begin.transaction, begin.position, begin.source_at) == ("begin", name, 0, AT)
