"""Does the code that is made for a schema read what Avro's own reader reads?"""

import io
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any

import fastavro
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tenure_codec.catalogue import named_once, published
from tenure_codec.compiled import NotCompilable, compiled
from tenure_codec.plans import record_plan

from tests.contract.schemas.samples import sample
from tests.unit.codec.any_event import CODECS, EVERY_EVENT, any_of, law

every_event = pytest.mark.parametrize(
    ("service", "kind"), EVERY_EVENT, ids=lambda part: getattr(part, "__name__", part)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    count: int
    flag: bool
    name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    parts: tuple[Part, ...]
    by_name: dict[str, Part]
    blob: bytes
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LessOfPart:
    name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LessOfWhole:
    by_name: dict[str, LessOfPart]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Picky:
    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError


PLAN = record_plan(Whole, "test")
AVRO = named_once(PLAN.avro, set())
PARSED = fastavro.parse_schema(AVRO, named_schemas={})
READ = compiled(AVRO, Whole)
EXAMPLE = Whole(
    parts=(Part(count=-300, flag=True, name=None),),
    by_name={"a": Part(count=2**63 - 1, flag=False, name="é" * 70)},
    blob=b"x" * 9_000,
    share=0.5,
)


def written(event: Whole) -> bytes:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, PARSED, PLAN.to_avro(event))
    return buffer.getvalue()


def as_avro_reads(value: bytes) -> tuple[Any, int]:
    assert PLAN.from_avro
    buffer = io.BytesIO(value)
    return PLAN.from_avro(fastavro.schemaless_reader(buffer, PARSED, None)), buffer.tell()


@every_event
def test_no_event_of_ours_takes_the_long_way(service: str, kind: type) -> None:
    """Which would be right as well, but less than half as fast."""
    whole = sample(kind, full=True)
    encoded = CODECS[service].encode(whole)
    assert compiled(published().of_urn(encoded.dataschema).raw, kind)(encoded.value) == (whole, len(encoded.value))


@law
@given(event=any_of(Whole))
@example(EXAMPLE)
def test_what_avro_writes_is_read_whole(event: Whole) -> None:
    assert READ(written(event)) == (event, len(written(event))) == as_avro_reads(written(event))


@given(before=st.binary(max_size=20), at=st.integers(0, 40), cut=st.integers(0, 12))
@example(before=b"\x80\x00", at=0, cut=1)
@example(before=b"\x01\x80\x01", at=0, cut=1)
def test_whatever_bytes_it_takes_avro_takes_for_the_same(before: bytes, at: int, cut: int) -> None:
    whole = written(EXAMPLE)
    spoilt = whole[:at] + before + whole[at + cut :]
    try:
        event, end = READ(spoilt)
    except Exception:  # noqa: BLE001 - the bytes are anybody's
        return
    assert end > len(spoilt) or (event, end) == as_avro_reads(spoilt)


def test_items_in_blocks_that_tell_their_size_are_read() -> None:
    """No writer of ours makes such, but the format has them: a negative count, then the block's bytes."""
    assert written(EXAMPLE).startswith(b"\x02\xd7\x04\x01\x00\x00")
    value = b"\x01\x08\xd7\x04\x01\x00" + b"\x01\x88\x00\xd7\x04\x01\x00" + written(EXAMPLE)[5:]
    assert READ(value) == as_avro_reads(value)
    assert READ(value)[0].parts == EXAMPLE.parts * 2


@pytest.mark.parametrize(
    "value",
    [b"\x04" + b"\xff" * 9 + b"\x03", b"\x02\x00\x02", b"\x02\x00\x00\x04", b"\x02\x00\x00\x01", b"\x00\x02\x01"],
)
def test_numbers_over_64_bits_unknown_branches_and_negative_lengths_are_refused(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        READ(value + b"\x00" * 40)


def test_what_is_read_is_as_frozen_as_what_was_written() -> None:
    event, _ = READ(written(EXAMPLE))
    assert type(event) is Whole
    with pytest.raises(FrozenInstanceError):
        event.share = 1.0
    with pytest.raises(FrozenInstanceError):
        event.parts[0].count = 1


def test_fields_that_nobody_names_are_passed_over() -> None:
    value = written(EXAMPLE)
    assert compiled(AVRO, LessOfWhole)(value) == (
        LessOfWhole(by_name={"a": LessOfPart(name="é" * 70)}),
        len(value),
    )


@pytest.mark.parametrize("kind", [Picky, dataclass(type("Open", (), {"__annotations__": {"count": int}}))])
def test_a_dataclass_that_makes_itself_otherwise_is_left_to_the_general_way(kind: type) -> None:
    """Its own `__init__` would not run."""
    avro = {"type": "record", "name": kind.__name__, "fields": [{"name": f.name, "type": "long"} for f in fields(kind)]}
    with pytest.raises(NotCompilable, match="is not a plain dataclass with slots"):
        compiled(avro, kind)


@pytest.mark.parametrize("avro", ["string", "int", ["null", "long"], {"type": "array", "items": "long"}])
def test_a_field_of_another_type_than_its_schema_is_left_to_the_general_way(avro: Any) -> None:
    with pytest.raises(NotCompilable):
        compiled({"type": "record", "name": "Counted", "fields": [{"name": "count", "type": avro}]}, Counted)
    with pytest.raises(NotCompilable):
        compiled({"type": "record", "name": "Counted", "fields": []}, Counted)
