"""What do the rows themselves show? Where no schema comes with them."""

import msgspec

from tenure_context_sync.events import Field
from tenure_context_sync.shape.types import Json, holds, json_type

_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
Shape = tuple[tuple[str, Json], ...]


def shape_of(row: str) -> Shape:
    """Names and JSON types in the row's own order. Raises nothing: the row was read before."""
    return tuple([(name, json_type(bytes(value))) for name, value in _raw_fields(row).items()])


def observed_fields(shape: Shape, known: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields as far as a row can show them: what is known stays, unless the row contradicts it; one that our own
    writers sealed shows nothing of its type."""
    before = {field.name: field for field in known}
    return tuple(_field(name, seen, before.get(name)) for name, seen in shape)


def _field(name: str, seen: Json, known: Field | None) -> Field:
    if known is None:
        return Field(name=name, type=seen, personal=False, nullable=True)
    nullable = known.nullable or seen == "null"
    fits = holds(known.type, seen) or (known.personal and seen == "string")
    return Field(name=name, type=known.type if fits else seen, personal=known.personal, nullable=nullable)
