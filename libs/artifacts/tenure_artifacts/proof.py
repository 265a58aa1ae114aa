"""What is kept of what was destroyed?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from tenure_artifacts import places
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest
from tenure_artifacts.errors import ArtifactDamaged

MAX_PROOF_BYTES = 16_384
MAX_REASON_CHARACTERS = 1_000

# Why an artifact must stay (a hold, a retention class that has not run out); None where it may go.
RetentionPolicy = Callable[[Digest], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionOrder:
    """`authorised_by` is the id of the event that allowed it; `at` is aware."""

    reason: str
    authorised_by: str
    at: datetime


class DestructionProof(msgspec.Struct, frozen=True, kw_only=True):
    """What, where, when, why, on whose word, and what was looked for afterwards and not found.

    `header_digest` is the SHA-256 of the header that held the wrapped key, `key` the key-encryption key's id and
    `frame` the sealed object's identity; the last two are None where the header was too damaged to tell.
    """

    digest: str
    store: str
    header_digest: str
    key: str | None
    frame: str | None
    reason: str
    authorised_by: str
    destroyed_at: datetime
    checked_gone: Literal["nothing yet", "header", "header and parts"]


def proof_of(blobs: Blobs, digest: Digest) -> DestructionProof | None:
    """Of the last destruction here; None where there was none. Raises ArtifactDamaged."""
    try:
        return msgspec.json.decode(blobs.read(places.destruction_of(digest), MAX_PROOF_BYTES), type=DestructionProof)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as malformed:
        raise ArtifactDamaged(digest, "the note of its destruction", f"can't be read ({malformed})") from None


def keep_proof(blobs: Blobs, proof: DestructionProof) -> None:
    """Durable on return."""
    blobs.replace(places.destruction_of(Digest(proof.digest)), msgspec.json.encode(proof))
