"""What does the engine's process say? The other end is `engine_process.py`, which can't import this."""

from asyncio import IncompleteReadError, StreamReader
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

_SIZE = Struct(">i")
MOST_BYTES = 64 * 1_048_576
MOST_RECORDS = 100_000


class Told(NamedTuple):
    """One change record, as Debezium would produce it to Kafka."""

    topic: str
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Ended:
    """Why the engine ended, in its own words."""

    reason: str


class FrameBroken(Exception):
    """The engine's process said what is no frame."""


async def read_frame(reader: StreamReader) -> list[Told] | Ended | None:
    """None where the process is gone. Raises FrameBroken."""
    try:
        kind, size = await reader.readexactly(1), await _size(reader)
        if kind == b"F":
            return Ended((await _bytes(reader, size)).decode(errors="replace"))
        if kind != b"B" or size % 3 or size > 3 * MOST_RECORDS:
            raise FrameBroken(f"frame {kind!r} of {size}")
        parts = [await _part(reader) for _ in range(size)]
    except IncompleteReadError:
        return None
    return [
        Told((topic or b"").decode(), key, value)
        for topic, key, value in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


async def _part(reader: StreamReader) -> bytes | None:
    size = await _size(reader)
    return None if size == -1 else await _bytes(reader, size)


async def _size(reader: StreamReader) -> int:
    size: int = _SIZE.unpack(await reader.readexactly(_SIZE.size))[0]
    return size


async def _bytes(reader: StreamReader, size: int) -> bytes:
    if not 0 <= size <= MOST_BYTES:
        raise FrameBroken(f"a part of {size} bytes")
    return await reader.readexactly(size)
