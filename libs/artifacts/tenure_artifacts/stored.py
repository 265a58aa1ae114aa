"""What of an artifact is there, and what does it say?"""

from tenure_artifacts import places
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest
from tenure_artifacts.errors import ArtifactDamaged, ArtifactDestroyed, ArtifactUnknown
from tenure_artifacts.header import MAX_HEADER_BYTES, Frame, Header, decode_header
from tenure_artifacts.proof import proof_of


def header_at(blobs: Blobs, name: str) -> Header | None:
    """None where there is none. Raises ArtifactDamaged, FormatUnknown."""
    raw = raw_header_at(blobs, name)
    return None if raw is None else decode_header(places.digest_in(name), raw)


def raw_header_at(blobs: Blobs, name: str) -> bytes | None:
    try:
        return blobs.read(name, MAX_HEADER_BYTES)
    except FileNotFoundError:
        return None


def header_of(blobs: Blobs, digest: Digest) -> Header:
    """Raises ArtifactUnknown, ArtifactDestroyed, ArtifactDamaged, FormatUnknown."""
    header = header_at(blobs, places.header_of(digest))
    if header is not None:
        return header
    proof = proof_of(blobs, digest)
    if proof is not None:
        raise ArtifactDestroyed(digest, proof.destroyed_at.isoformat(), proof.authorised_by)
    raise ArtifactUnknown(digest, blobs.address)


def missing_parts(blobs: Blobs, frame: Frame) -> list[int]:
    """Parts that are not there, or have not the size that they must have."""
    sizes = blobs.sizes(places.parts_of(frame))
    expected = frame.layout.sealed_part_bytes
    return [n for n in range(frame.parts) if sizes.get(places.part_of(frame, n)) != expected(frame.size, n)]


def read_part(blobs: Blobs, frame: Frame, part: int) -> bytes:
    """Still sealed, and of the right length. Raises ArtifactDamaged."""
    expected = frame.layout.sealed_part_bytes(frame.size, part)
    try:
        sealed = blobs.read(places.part_of(frame, part), expected)
    except FileNotFoundError:
        raise ArtifactDamaged(frame.digest, f"part {part}", "is missing") from None
    if len(sealed) != expected:
        raise ArtifactDamaged(frame.digest, f"part {part}", f"has not the {expected} bytes that were stored")
    return sealed
