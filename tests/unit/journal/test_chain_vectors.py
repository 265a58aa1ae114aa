"""Does every record of the published vectors get its digest and its verdict?"""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from tenure_codec.envelope import digest
from tenure_eventlog import Record
from tenure_journal.chain import START, Head, Realm, judge, link_of

VECTORS = Path(__file__).parents[2] / "vectors"


def raw(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)


def record_of(topic: str, row: dict[str, Any]) -> Record:
    headers = tuple((name, raw(value)) for name, value in row["headers"])
    return Record(
        topic, row["partition"], row["offset"], row["append_time_ms"], raw(row["key"]), raw(row["value"]), headers
    )


@pytest.mark.parametrize("name", ["chain.json", "chain-edges.json"])
def test_verdicts_digests_and_heads_agree_with_the_vectors(name: str) -> None:
    vectors = json.loads((VECTORS / name).read_text())
    realm = Realm("registry", vectors["partitions"])
    heads: dict[str, Head] = {}
    for row in vectors["records"]:
        record = record_of(vectors["topic"], row)
        link = link_of(record)
        stream = link.subject.decode() if link else ""
        verdict = judge(realm, record, link, heads.get(stream, START))
        assert verdict == row["verdict"], row["note"]
        if row.get("digest") is not None and record.value is not None:
            assert digest(record.headers, record.value) == row["digest"], row["note"]
        if verdict == "accepted" and link:
            heads[stream] = Head(link.sequence, link.digest)
    assert {s: h._asdict() for s, h in heads.items()} == vectors["heads"]
