"""Do two replicas hold the same state? One byte string for one value, whatever the order it was built in."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from struct import pack

from rpds import HashTrieMap, HashTrieSet


def canonical(value: object) -> bytes:
    """Type-tagged and length-framed, so that different values never give the same bytes.

    Raises TypeError for a type that states should not hold.
    """
    return b"".join(_parts(value))


def _frame(tag: bytes, body: bytes) -> bytes:
    return tag + pack(">I", len(body)) + body


def _parts(value: object) -> Iterator[bytes]:
    match value:
        case None:
            yield b"n"
        case bool():
            yield b"t" if value else b"f"
        case int():
            yield _frame(b"i", str(value).encode())
        case float():
            yield b"d" + pack(">d", value)
        case str():
            yield _frame(b"s", value.encode())
        case bytes():
            yield _frame(b"b", value)
        case datetime():
            yield _frame(b"@", value.astimezone(UTC).isoformat(timespec="microseconds").encode())
        case tuple() | list():
            yield _frame(b"l", b"".join(canonical(item) for item in value))
        case Mapping() | HashTrieMap():
            yield _frame(b"m", b"".join(sorted(canonical(k) + canonical(v) for k, v in value.items())))
        case AbstractSet() | HashTrieSet():
            yield _frame(b"u", b"".join(sorted(canonical(item) for item in value)))
        case _ if is_dataclass(value) and not isinstance(value, type):
            body = b"".join(canonical(f.name) + canonical(getattr(value, f.name)) for f in fields(value))
            yield _frame(b"r", canonical(type(value).__name__) + body)
        case _ if hasattr(value, "__iter__"):  # rpds List and Queue
            yield _frame(b"l", b"".join(canonical(item) for item in value))
        case _:
            raise TypeError(f"a state may not hold a {type(value).__name__}")
