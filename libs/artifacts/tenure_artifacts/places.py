"""Which names does an artifact have in a store?

headers/ab/<digest>/header           the artifact: it is there as a whole if and only if this is
headers/ab/<digest>/upload           the header of a push under way
parts/ab/<digest>/<frame>/<number>   sealed content; a frame that no header names is nobody's
destroyed/ab/<digest>                what was destroyed, so that a repeated destruction gives the same proof
"""

from tenure_artifacts.digests import Digest, hex_of
from tenure_artifacts.header import Frame

HEADERS, PARTS, DESTROYED = "headers", "parts", "destroyed"


def headers_of(digest: Digest) -> str:
    """The folder with all copies of the wrapped key, a half-written one after a crash included."""
    return _place(HEADERS, digest)


def header_of(digest: Digest) -> str:
    return f"{headers_of(digest)}/header"


def upload_of(digest: Digest) -> str:
    return f"{headers_of(digest)}/upload"


def all_parts_of(digest: Digest) -> str:
    return _place(PARTS, digest)


def parts_of(frame: Frame) -> str:
    """A folder of its own for each upload: two that were begun with different keys never mix."""
    return f"{all_parts_of(frame.digest)}/{frame.identity().hex()[:32]}"


def part_of(frame: Frame, part: int) -> str:
    return f"{parts_of(frame)}/{part:05}"


def destruction_of(digest: Digest) -> str:
    return _place(DESTROYED, digest)


def is_header(name: str) -> bool:
    return name.endswith(("/header", "/upload"))


def digest_in(name: str) -> Digest:
    """Of anything below the folders of headers and parts."""
    return Digest(f"sha256:{name.split('/')[2]}")


def _place(folder: str, digest: Digest) -> str:
    # Two digits in between, so that no directory of a local store holds everything.
    return f"{folder}/{hex_of(digest)[:2]}/{hex_of(digest)}"
