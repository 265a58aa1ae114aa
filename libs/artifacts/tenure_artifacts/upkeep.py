"""What does a store need from time to time? New wraps after a rotation, and no leftovers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from tenure_artifacts import places
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.errors import ArtifactDamaged, ArtifactDestroyed, FormatUnknown
from tenure_artifacts.header import Header
from tenure_artifacts.keys import KeyRing
from tenure_artifacts.push import refuse_destroyed
from tenure_artifacts.seal import data_key
from tenure_artifacts.stored import header_at


def rewrap(blobs: Blobs, ring: KeyRing) -> int:
    """Wraps every data key under the active key, and touches no content; how many were not. Each is durable at once, so
    a run that is cut off is just run again. Raises KeyUnknown, WrongKey, ArtifactDamaged, FormatUnknown."""
    return sum(_rewrapped(blobs, ring, name, header) for name, header in _headers(blobs))


def _rewrapped(blobs: Blobs, ring: KeyRing, name: str, header: Header) -> bool:
    if header.wrapped.key == ring.active:
        return False
    fresh = Header(header.frame, ring.wrap(data_key(header, ring), header.frame.identity()))
    blobs.replace(name, fresh.encode())
    try:
        refuse_destroyed(blobs, header.frame)
    except ArtifactDestroyed:
        return False
    return True


def keys_in_use(blobs: Blobs) -> Counter[str]:
    """How many headers each key wraps. Raises ArtifactDamaged."""
    return Counter(header.wrapped.key for _, header in _headers(blobs))


def sweep(blobs: Blobs, before: datetime) -> int:
    """Removes pushes that went on last before that instant, and the parts that no header names; how many parts.

    `before` must be older than what any running push sends one part in: a day ago will do.
    """
    for name in blobs.sizes(places.HEADERS):
        if name.endswith("/upload") and _last_touched(blobs, name) < before:
            blobs.remove(name)
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for name in blobs.sizes(places.PARTS):
        folders[name.rpartition("/")[0]].append(name)
    return sum(_swept(blobs, folder, sorted(names), before) for folder, names in folders.items())


def _swept(blobs: Blobs, folder: str, names: Sequence[str], before: datetime) -> int:
    if blobs.modified_at(names[-1]) >= before or _is_named(blobs, folder):
        return 0
    blobs.remove(folder)
    return len(names)


def _is_named(blobs: Blobs, folder: str) -> bool:
    """A header that can't be read may well name it: the parts stay for the day on which it is restored."""
    digest = places.digest_in(folder)
    try:
        headers = [header_at(blobs, name) for name in (places.header_of(digest), places.upload_of(digest))]
    except (ArtifactDamaged, FormatUnknown):
        return True
    return folder in {places.parts_of(header.frame) for header in headers if header}


def _last_touched(blobs: Blobs, upload: str) -> datetime:
    """Parts are sent in order, so that the last one is the newest."""
    parts: Sequence[str] = ()
    with suppress(ArtifactDamaged):  # nobody can go on with it: its own age counts
        if header := header_at(blobs, upload):
            parts = sorted(blobs.sizes(places.parts_of(header.frame)))
    return max(blobs.modified_at(name) for name in (upload, *parts[-1:]))


def _headers(blobs: Blobs) -> Iterator[tuple[str, Header]]:
    for name in filter(places.is_header, blobs.sizes(places.HEADERS)):
        header = header_at(blobs, name)
        if header is not None:  # it may be gone since it was listed
            yield name, header
