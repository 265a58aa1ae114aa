"""How do a record's headers lie in a row, so that a replay need not take each of them apart?

Records have the same few sets of names, and values of the same few lengths: their *shape*. A row holds the shape, then
the values end to end; what follows from the shape is worked out once for all records that have it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple, overload

import msgspec

Header = tuple[str, bytes | None]
Values = Sequence[bytes | None]

NULL = -1
KEEP_SHAPES = 4_096

_MARK = b"\xc1"  # never the first byte of a msgpack value, which is what rows held before
_NONE = b"\x90"  # an empty array, as before
_SIZE = Struct(">I")


class Shape(NamedTuple):
    """The headers' names, and the lengths of their values in bytes: NULL where there is none."""

    names: tuple[str, ...]
    lengths: tuple[int, ...]


class PackedHeaders(Sequence[Header]):
    """Headers out of a row: equal to a tuple of the same pairs, which are made only when somebody asks for them."""

    __slots__ = ("shape", "values")

    def __init__(self, shape: Shape, values: Values) -> None:
        self.shape, self.values = shape, values

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Header]:
        return zip(self.shape.names, self.values, strict=True)

    @overload
    def __getitem__(self, at: int) -> Header: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Header, ...]: ...
    def __getitem__(self, at: int | slice) -> Header | tuple[Header, ...]:
        return tuple(self)[at]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedHeaders):
            return self.shape == other.shape and self.values == other.values
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def taken_apart(headers: Sequence[Header]) -> tuple[Shape, Values]:
    """The headers' shape and their values."""
    if isinstance(headers, PackedHeaders):
        return headers.shape, headers.values
    names, values = zip(*headers, strict=True) if headers else ((), ())
    try:
        return Shape(names, tuple(map(len, values))), values
    except TypeError:
        return Shape(names, tuple([NULL if value is None else len(value) for value in values])), values


def packed(headers: Sequence[Header]) -> bytes:
    """As a row holds them: a mark, the shape after its length, the values; one byte where there are no headers."""
    if not headers:
        return _NONE
    shape, values = taken_apart(headers)
    return _front(shape) + b"".join([value for value in values if value])


def unpacked(block: bytes) -> Sequence[Header]:
    """Out of a row. Raises ValueError (msgspec's errors are such) or struct.error for what was never one."""
    if not block.startswith(_MARK):
        return _decode_pairs(block)
    end = 5 + int.from_bytes(block[1:5])
    shape, values_of = _shape(block[5:end])
    return PackedHeaders(shape, values_of(block[end:]))


_encode = msgspec.msgpack.Encoder().encode
_decode_shape = msgspec.msgpack.Decoder(Shape).decode
_decode_pairs = msgspec.msgpack.Decoder(tuple[Header, ...]).decode


@lru_cache(maxsize=KEEP_SHAPES)
def _front(shape: Shape) -> bytes:
    written = _encode(shape)
    return _MARK + _SIZE.pack(len(written)) + written


@lru_cache(maxsize=KEEP_SHAPES)
def _shape(written: bytes) -> tuple[Shape, Callable[[bytes], Values]]:
    """The shape, and how to cut values of these lengths apart. Raises ValueError for what no record can have."""
    shape = _decode_shape(written)
    if len(shape.names) != len(shape.lengths) or min(shape.lengths, default=0) < NULL:
        raise ValueError(f"{shape} is no shape of headers")
    cut = Struct("".join([f"{max(length, 0)}s" for length in shape.lengths])).unpack
    if NULL not in shape.lengths:
        return shape, cut
    nulls = [length == NULL for length in shape.lengths]
    return shape, lambda ends: tuple([None if null else value for null, value in zip(nulls, cut(ends), strict=True)])
