"""Which rows does a batch file hold, and how is a bad one told?"""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from tenure.sources.files import FileRefused
from tenure.sources.rows import MAX_ROW_BYTES, FileFormat, format_of, read_rows

TYPES = {"id": "int8", "score": "double", "live": "boolean", "name": "text"}


def rows_of(path: Path, file_format: FileFormat) -> list[tuple[int, dict[str, object]]]:
    return [(row.line, row.fields) for row in read_rows(path, file_format, TYPES)]


def written(directory: Path, content: str | bytes) -> Path:
    path = directory / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_csvs_texts_become_what_is_declared(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffid,score,live,name,more\n7,1.5,t,"a\nb",x\n8,,,,\n')
    assert rows_of(path, "csv") == [
        (3, {"id": 7, "score": 1.5, "live": True, "name": "a\nb", "more": "x"}),
        (4, {"id": 8, "score": None, "live": None, "name": None, "more": None}),
    ]


def test_json_lines_are_taken_as_they_are(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, '{"id":1}\n\n{"id":"2","a":[1]}'), "jsonl") == [
        (1, {"id": 1}),
        (3, {"id": "2", "a": [1]}),
    ]


def test_parquets_rows_are_counted(tmp_path: Path) -> None:
    table = pyarrow.table({"id": [1, 2], "at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2, "credit": [Decimal("1.10")] * 2})
    parquet.write_table(table, tmp_path / "file")
    found = rows_of(tmp_path / "file", "parquet")
    assert [(line, fields["id"], fields["credit"]) for line, fields in found] == [
        (1, 1, Decimal("1.10")),
        (2, 2, Decimal("1.10")),
    ]


@pytest.mark.parametrize(
    ("file_format", "content", "words"),
    [
        ("csv", "id,name\n1,a\n2\n", "line 3: 1 cells for 2 columns"),
        ("csv", "id,name\n1,a\nx,b\n", "line 3: invalid literal"),
        ("csv", "id,score\n1,nan\n", "line 2: 'nan' is no number"),
        ("csv", "id,live\n1,maybe\n", "line 2: 'maybe' is neither"),
        ("csv", "id,id\n1,2\n", "line 1: the first line must name"),
        ("csv", 'id,name\n1,"a\n', "line 2: unexpected end"),
        ("csv", b"id,name\n1,\xff\n", "can't decode"),
        ("jsonl", '{"id":1}\n[]\n', "line 2: no object"),
        ("jsonl", '{"id":1}\n{"id":\n', "line 2: Expecting value"),
        ("jsonl", '{"id":NaN}\n', "line 1: NaN is no JSON"),
        ("jsonl", '{"a":"' + "x" * MAX_ROW_BYTES, "line 1: over 1048576 bytes"),
        ("jsonl", '{"a":' * 100_000, "line 1: "),
        ("parquet", "id,name\n", "line 0: "),
    ],
)
def test_a_bad_row_is_told_by_its_line(
    tmp_path: Path, file_format: FileFormat, content: str | bytes, words: str
) -> None:
    with pytest.raises(FileRefused, match=words):
        rows_of(written(tmp_path, content), file_format)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(
    tmp_path_factory: pytest.TempPathFactory, file_format: FileFormat, content: bytes
) -> None:
    with suppress(FileRefused):
        rows_of(written(tmp_path_factory.mktemp("any"), content), file_format)


@pytest.mark.parametrize(
    ("name", "file_format"),
    [("a.csv", "csv"), ("a.CSV.gz", "csv"), ("a.ndjson", "jsonl"), ("a.jsonl", "jsonl"), ("a.b.parquet", "parquet")],
)
def test_a_format_is_told_from_the_name(name: str, file_format: str) -> None:
    assert format_of(name) == file_format


def test_a_name_that_does_not_tell_asks_for_the_format() -> None:
    with pytest.raises(FileRefused, match="--format"):
        format_of("csv")
