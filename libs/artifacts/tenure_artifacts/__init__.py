"""The bytes of models: content-addressed, sealed on the client, in any store that fsspec reaches."""

from tenure_artifacts.digests import Digest, parse_digest
from tenure_artifacts.errors import ArtifactError
from tenure_artifacts.keys import KeyId, KeyRing, WrappedKey
from tenure_artifacts.layout import Layout
from tenure_artifacts.local_keys import LocalKeyRing
from tenure_artifacts.proof import DestructionOrder, DestructionProof, RetentionPolicy
from tenure_artifacts.pull import Pulled
from tenure_artifacts.push import Pushed
from tenure_artifacts.store import ArtifactStore

__all__ = [
    "ArtifactError",
    "ArtifactStore",
    "DestructionOrder",
    "DestructionProof",
    "Digest",
    "KeyId",
    "KeyRing",
    "Layout",
    "LocalKeyRing",
    "Pulled",
    "Pushed",
    "RetentionPolicy",
    "WrappedKey",
    "parse_digest",
]
