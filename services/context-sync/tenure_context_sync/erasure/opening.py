"""What does a reader see of a sealed value? The value where they may, and a word where not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
from tenure_keyring import Erased, Keyring, SealBroken, Sealed

from tenure_context_sync.erasure.personal import place_of, tokens_of

Closed = Literal["sealed", "erased", "broken"]


class RowPlace(NamedTuple):
    """Where a row is, since its values are bound to that."""

    source: str
    key: str


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """`closed` says of each field that could not be opened why; its value is None."""

    values: dict[str, object]
    closed: dict[str, Closed]


async def opened(
    ring: Keyring | None, rows: Sequence[tuple[RowPlace, Mapping[str, object]]], *, may: bool
) -> list[OpenedRow]:
    """In order. `may`: the caller has the right, by role and by the purpose stated; else nothing is opened.

    Without a ring nothing opens either. `broken`: a stranger's token, or one that was copied from another place.
    """
    found = [{name: Sealed(token, place_of(*at, name)) for name, token in tokens_of(row).items()} for at, row in rows]
    asked = [sealed for of_row in found for sealed in of_row.values()]
    answers = iter(await ring.open_each(asked) if ring and may else ["sealed"] * len(asked))
    return [
        _row(row, {name: next(answers) for name in of_row}, shut=not (ring and may))
        for (_, row), of_row in zip(rows, found, strict=True)
    ]


def _row(row: Mapping[str, object], answers: Mapping[str, str | Erased | SealBroken], *, shut: bool) -> OpenedRow:
    closed = {name: word for name, answer in answers.items() if (word := "sealed" if shut else _why(answer))}
    values = {name: None if name in closed else _value(answers.get(name), value) for name, value in row.items()}
    return OpenedRow(values, closed)


def _why(answer: str | Erased | SealBroken) -> Closed | None:
    match answer:
        case Erased():
            return "erased"
        case SealBroken():
            return "broken"
        case _:
            return None


def _value(answer: str | Erased | SealBroken | None, value: object) -> object:
    return msgspec.json.decode(answer) if isinstance(answer, str) else value
