"""What would break if a source's rows looked like this? Answered from the changes that are still on its topic."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tenure_context_sync.events import Field
from tenure_context_sync.shape.types import relation

Row = Mapping[str, object]
Readable = Callable[[Row], str | None]
MOST_EXAMPLES = 5

_INTEGERS = {"int8": 8, "tinyint": 8, "int16": 16, "smallint": 16, "int32": 32, "int": 32, "integer": 32}


@dataclass(slots=True)
class Outcome:
    """Of one revision: how many rows it could still read, and why not the others, each with some of their keys."""

    readable: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str | None, key: str) -> None:
        if reason is None:
            self.readable += 1
            return
        self.broken[reason] += 1
        known = self.examples.setdefault(reason, [])
        if len(known) < MOST_EXAMPLES:
            known.append(key)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What each reader makes of rows in a new shape; a row that does not fit the shape breaks for all."""

    reshaped: Callable[[Row], Row | str]
    readers: Mapping[str, Readable]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outcomes.update({name: Outcome() for name in self.readers})

    def give(self, key: str, row: Row) -> None:
        new = self.reshaped(row)
        for name, readable in self.readers.items():
            self.outcomes[name].add(new if isinstance(new, str) else readable(new), key)


def reshaper(before: Sequence[Field], after: Sequence[Field], renames: Mapping[str, str]) -> Callable[[Row], Row | str]:
    """A row as the new schema would have it, or why it can't: a value that does not fit, a null where none may be.

    `renames` gives old names their new ones; a new field that no old one becomes is null.
    """
    types = {one.name: one.type for one in before}
    old_names = {new: old for old, new in renames.items()}

    def reshape(row: Row) -> Row | str:
        new: dict[str, object] = {}
        for wanted in after:
            old = old_names.get(wanted.name, wanted.name)
            value = row.get(old)
            if value is None and not wanted.nullable:
                return f"{wanted.name} would be null"
            if value is not None and not _fits(value, types.get(old, wanted.type), wanted.type):
                return f"{wanted.name} does not fit {wanted.type}"
            new[wanted.name] = value
        return new

    return reshape


def _fits(value: object, before: str, after: str) -> bool:
    if relation(before, after) in ("same", "wider"):
        return True
    if isinstance(value, bool):
        return after in ("boolean", "bool")
    bits = _INTEGERS.get(after.lower(), 64 if after.lower() in ("int64", "bigint", "long") else None)
    if bits is not None:
        return isinstance(value, int | float) and _within(value, bits)
    return relation(before, after) == "narrower" and isinstance(value, int | float)


def _within(value: float, bits: int) -> bool:
    whole = math.isfinite(value) and value == int(value)
    return whole and -(1 << (bits - 1)) <= value < 1 << (bits - 1)
