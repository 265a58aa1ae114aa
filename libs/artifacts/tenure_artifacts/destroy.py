"""How does an artifact go for good?

1. The policy is asked. 2. What is about to go is noted under `destroyed/`. 3. The headers are removed: with them the
only copies of the wrapped data key, so that from here nobody can read the parts, nor any copy of them. 4. The parts are
removed. 5. The store is listed anew, and the note becomes the proof. A destruction that is cut off is ended by asking
for it again; one that is over gives its proof again.

"Gone" is what the store lists. A bucket with versioning, a snapshot or a backup keeps more, and old headers with it:
there, the key-encryption key must go as well.
"""

from hashlib import sha256

import msgspec

from tenure_artifacts import places
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest
from tenure_artifacts.errors import ArtifactDamaged, ArtifactUnknown, DestructionRefused, FormatUnknown, NotGone
from tenure_artifacts.header import decode_header
from tenure_artifacts.proof import (
    MAX_REASON_CHARACTERS,
    DestructionOrder,
    DestructionProof,
    RetentionPolicy,
    keep_proof,
    proof_of,
)
from tenure_artifacts.stored import raw_header_at


def destroy(
    blobs: Blobs, digest: Digest, order: DestructionOrder, policy: RetentionPolicy, *, shred_only: bool = False
) -> DestructionProof:
    """Durable on return. `shred_only` removes the key alone: quick, and as final; `sweep` takes the parts later.

    Raises DestructionRefused, ArtifactUnknown, NotGone.
    """
    _check(digest, order, policy)
    noted = _note(blobs, digest, order)
    doomed = [places.headers_of(digest)] if shred_only else [places.headers_of(digest), places.all_parts_of(digest)]
    for name in doomed:
        blobs.remove(name)
    left = [name for place in doomed for name in blobs.sizes(place)]
    if left:
        raise NotGone(digest, len(left), left[0])
    proof = msgspec.structs.replace(noted, checked_gone="header" if shred_only else "header and parts")
    keep_proof(blobs, proof)
    return proof


def _check(digest: Digest, order: DestructionOrder, policy: RetentionPolicy) -> None:
    if not 0 < len(order.reason.strip()) <= MAX_REASON_CHARACTERS or not order.authorised_by:
        raise DestructionRefused(
            digest, f"an order names an event, and a reason of up to {MAX_REASON_CHARACTERS} letters"
        )
    if order.at.tzinfo is None:
        raise DestructionRefused(digest, "an order's instant is aware")
    if why := policy(digest):
        raise DestructionRefused(digest, why)


def _note(blobs: Blobs, digest: Digest, order: DestructionOrder) -> DestructionProof:
    """What is about to go; where it went already, what was noted then."""
    headers = (raw_header_at(blobs, name) for name in (places.header_of(digest), places.upload_of(digest)))
    raw = next((found for found in headers if found is not None), None)
    if raw is None:
        noted = proof_of(blobs, digest)
        if noted is None:
            raise ArtifactUnknown(digest, blobs.address)
        return noted
    key, frame = _named(digest, raw)
    note = DestructionProof(
        digest=digest,
        store=blobs.address,
        header_digest=sha256(raw).hexdigest(),
        key=key,
        frame=frame,
        reason=order.reason,
        authorised_by=order.authorised_by,
        destroyed_at=order.at,
        checked_gone="nothing yet",
    )
    keep_proof(blobs, note)
    return note


def _named(digest: Digest, raw: bytes) -> tuple[str | None, str | None]:
    """The key's id and the frame's identity; None of both where the header can't be read: it goes all the same."""
    try:
        header = decode_header(digest, raw)
    except (ArtifactDamaged, FormatUnknown):
        return None, None
    return header.wrapped.key, header.frame.identity().hex()
