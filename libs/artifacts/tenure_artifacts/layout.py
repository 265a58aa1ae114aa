"""How is an object cut into chunks and parts?

A chunk is what is sealed and verified as one; a part is what is stored, sent and resumed as one.
"""

from dataclasses import dataclass

TAG_BYTES = 16
MAX_CHUNK_BYTES = 16 * 1_048_576
MAX_PART_BYTES = 256 * 1_048_576
MAX_PART_CHUNKS = 65_535
MAX_PARTS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """1 MiB chunks and 16 MiB parts, so that an object has at most 1 TiB. A push holds about three parts in memory,
    a pull about one. Raises ValueError outside the limits."""

    chunk_bytes: int = 1_048_576
    part_chunks: int = 16

    def __post_init__(self) -> None:
        if not 1 <= self.chunk_bytes <= MAX_CHUNK_BYTES:
            raise ValueError(f"a chunk has 1 to {MAX_CHUNK_BYTES} bytes, not {self.chunk_bytes}")
        if not 1 <= self.part_chunks <= MAX_PART_CHUNKS:
            raise ValueError(f"a part has 1 to {MAX_PART_CHUNKS} chunks, not {self.part_chunks}")
        if self.part_bytes > MAX_PART_BYTES:
            raise ValueError(f"a part has at most {MAX_PART_BYTES} bytes, not {self.part_bytes}")

    @property
    def part_bytes(self) -> int:
        """Of plaintext; a sealed part has 16 bytes more for each chunk."""
        return self.chunk_bytes * self.part_chunks

    @property
    def max_object_bytes(self) -> int:
        return self.part_bytes * MAX_PARTS

    def chunks(self, size: int) -> int:
        """At least one: an empty object has an empty last chunk, which is sealed too."""
        return max(1, -(-size // self.chunk_bytes))

    def parts(self, size: int) -> int:
        return -(-self.chunks(size) // self.part_chunks)

    def part_span(self, size: int, part: int) -> tuple[int, int]:
        """Where the part's plaintext begins and ends in the object's."""
        start = part * self.part_bytes
        return start, min(size, start + self.part_bytes)

    def sealed_part_bytes(self, size: int, part: int) -> int:
        start, end = self.part_span(size, part)
        return end - start + TAG_BYTES * self.chunks(end - start)
