"""Which rows prove that a source lives?"""

import pytest
from tenure_context_sync.change.read import read_change

from tests.unit.context_sync.change.records import DEBEZIUM, TOPIC, read, record

HEARTBEATS = DEBEZIUM.heartbeat_topic or ""


def beat(op: str, snapshot: str) -> bytes:
    source = f'{{"ts_ms":1000,"lsn":7,"snapshot":"{snapshot}"}}'
    return f'{{"op":"{op}","source":{source},"after":{{"id":1}},"ts_ms":2000}}'.encode()


def test_a_streamed_row_of_the_heartbeat_table_does() -> None:
    assert read(DEBEZIUM, b'{"id":1}', beat("u", "false"), topic=HEARTBEATS).kind == "heartbeat"
    assert read(DEBEZIUM, b'{"id":1}', beat("u", "false"), topic=TOPIC).kind == "row"


@pytest.mark.parametrize(("op", "snapshot"), [("r", "true"), ("d", "false"), ("t", "false")])
def test_a_snapshots_a_delete_and_a_truncate_of_it_do_not(op: str, snapshot: str) -> None:
    assert read(DEBEZIUM, b'{"id":1}', beat(op, snapshot), topic=HEARTBEATS).kind == "nothing"


def test_the_connectors_own_heartbeat_does_not() -> None:
    assert read_change(DEBEZIUM, record(b'{"serverName":"crm"}', b'{"ts_ms":1795487941019}')) is None
