"""What is a row made of? Pure, and the same for changes that come in any order.

A connector leaves out of an update what it did not have to read; so a row is its newest whole state and the parts that
came after it, each with its rank. What a part was laid over may come later than the part.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from tenure_context_sync.change.change import Change

Rank = tuple[bool, int, datetime]
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_fields = msgspec.json.Decoder(dict[str, object]).decode
_write = msgspec.json.Encoder(order="sorted").encode


class State(NamedTuple):
    """A row after a change; `whole` unless something was left out that has not come yet."""

    change: Change
    whole: bool


def rank(change: Change) -> Rank:
    """The higher one wins; among equals the later read one, which says the same."""
    return change.streamed, change.position, change.source_at


def in_order(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=rank)


def layered(changes: Sequence[Change]) -> list[Change]:
    """What has to be kept of changes in order: the newest whole one, and parts after it that no later one covers."""
    whole = max((number for number, change in enumerate(changes) if not change.partial), default=0)
    kept: list[Change] = []
    covered: list[frozenset[str]] = []
    for change in reversed(changes[whole:]):
        names = frozenset(_raw_fields(change.fields))
        if not change.partial or not any(names <= later for later in covered):
            kept.append(change)
            covered.append(names)
    return kept[::-1]


def states(changes: Sequence[Change]) -> list[State]:
    """The row after each of the changes, which are in order."""
    found: list[State] = []
    for change in changes:
        before = found[-1] if found else None
        found.append(State(_over(before, change), not change.partial or (before is not None and before.whole)))
    return found


def _over(before: State | None, change: Change) -> Change:
    if not change.partial or before is None or before.change.kind != "row":
        return change
    both = _raw_fields(before.change.fields) | _raw_fields(change.fields)
    return change._replace(fields=_write(both).decode(), partial=False)


def fields_of(change: Change) -> dict[str, object]:
    """A row's values."""
    return _fields(change.fields)


_Kept = tuple[str, bool, int, datetime, str, bool]
_read_layers = msgspec.json.Decoder(list[_Kept]).decode


def written(layers: Sequence[Change]) -> str | None:
    """As text; None for a row that is whole by itself, or of which nothing is known."""
    if not layers or (len(layers) == 1 and not layers[0].partial):
        return None
    kept = [(c.kind, c.streamed, c.position, c.source_at, c.fields, c.partial) for c in layers]
    return msgspec.json.encode(kept).decode()


def read(key: str, text: str) -> list[Change]:
    """What `written` wrote."""
    return [
        Change("delete" if kind == "delete" else "row", key, streamed, position, source_at, fields, partial)
        for kind, streamed, position, source_at, fields, partial in _read_layers(text)
    ]
