"""How is an offset vector written in a header or a body? `{"topic/partition": next offset}`, compact JSON."""

from collections.abc import Mapping

import msgspec
from tenure_eventlog import Partition

MAX_PARTITIONS = 256
_decoder = msgspec.json.Decoder(dict[str, int])


def vector_names(offsets: Mapping[Partition, int]) -> dict[str, int]:
    return {f"{topic}/{number}": offset for (topic, number), offset in sorted(offsets.items())}


def vector_text(offsets: Mapping[Partition, int]) -> str:
    return msgspec.json.encode(vector_names(offsets)).decode()


class VectorText:
    """The text of a vector that is asked for far more often than it moves."""

    def __init__(self) -> None:
        self._offsets: Mapping[Partition, int] = {}
        self._text = vector_text({})

    def text(self, offsets: Mapping[Partition, int]) -> str:
        """`offsets` is kept, and must not be changed."""
        if offsets != self._offsets:
            self._offsets, self._text = offsets, vector_text(offsets)
        return self._text


def parse_vector(text: str) -> dict[Partition, int]:
    """Raises ValueError saying what is wrong."""
    try:
        named = _decoder.decode(text)
    except msgspec.DecodeError as wrong:
        raise ValueError(f'is not a JSON object {{"topic/partition": offset}}: {wrong}') from wrong
    return partitions_of(named)


def partitions_of(named: Mapping[str, int]) -> dict[Partition, int]:
    """Raises ValueError saying what is wrong."""
    if len(named) > MAX_PARTITIONS:
        raise ValueError(f"names more than {MAX_PARTITIONS} partitions")
    return {_partition(name): _offset(name, offset) for name, offset in named.items()}


def _partition(name: str) -> Partition:
    topic, slash, number = name.rpartition("/")
    if not slash or not topic or not (number.isascii() and number.isdigit()):
        raise ValueError(f"names {name!r}, which is not `topic/partition`")
    return Partition(topic, int(number))


def _offset(name: str, offset: int) -> int:
    if offset < 0:
        raise ValueError(f"gives {name} the negative offset {offset}")
    return offset
