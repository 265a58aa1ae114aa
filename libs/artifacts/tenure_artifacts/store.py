"""One store of artifacts, with what may be done to it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tenure_artifacts import destroy, pull, push, upkeep
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest
from tenure_artifacts.keys import KeyRing
from tenure_artifacts.layout import Layout
from tenure_artifacts.proof import DestructionOrder, DestructionProof, RetentionPolicy
from tenure_artifacts.pull import Pulled
from tenure_artifacts.push import Pushed
from tenure_artifacts.reader import Reader, verify
from tenure_artifacts.seal import sealer_of
from tenure_artifacts.source import measure
from tenure_artifacts.stored import header_of


class ArtifactStore:
    """Content-addressed, sealed on this side. All calls block: from a loop, call them in a thread.

    Any number of processes may use one store at once. `layout` is for what is pushed from now on.
    """

    def __init__(self, blobs: Blobs, ring: KeyRing, layout: Layout | None = None) -> None:
        self._blobs, self._ring, self._layout = blobs, ring, layout or Layout()

    @classmethod
    def open(cls, url: str, ring: KeyRing, **storage_options: object) -> "ArtifactStore":
        """A path, or a URL of fsspec with its options. Raises StoreUnknown."""
        return cls(Blobs.open(url, **storage_options), ring)

    def push(self, path: Path) -> Pushed:
        """Durable and visible on return; what each step leaves behind is said in `push`.

        Raises SourceRefused, SourceChanged, TooLarge, and what `push.push` does.
        """
        return push.push(self._blobs, self._ring, measure(path, self._layout))

    def pull(self, digest: Digest, to: Path) -> Pulled:
        """Nothing is at `to` before all of it was verified. Raises ArtifactUnknown, ArtifactDestroyed, KeyUnknown,
        WrongKey, and what `pull.pull` does."""
        return pull.pull(self._reader(digest), to)

    def verify(self, digest: Digest) -> int:
        """Reads and checks all of it; its size. Raises as `pull` does."""
        return verify(self._reader(digest))

    def destroy(self, digest: Digest, order: DestructionOrder, policy: RetentionPolicy) -> DestructionProof:
        """Durable on return. Raises DestructionRefused, ArtifactUnknown, NotGone."""
        return destroy.destroy(self._blobs, digest, order, policy)

    def shred(self, digest: Digest, order: DestructionOrder, policy: RetentionPolicy) -> DestructionProof:
        """Destroys the wrapped key alone, which makes the rest unreadable. Durable on return; raises as `destroy`."""
        return destroy.destroy(self._blobs, digest, order, policy, shred_only=True)

    def rewrap(self) -> int:
        """To be called after the ring was rotated; how many wraps are new. Raises KeyUnknown, WrongKey,
        ArtifactDamaged."""
        return upkeep.rewrap(self._blobs, self._ring)

    def keys_in_use(self) -> Mapping[str, int]:
        """How many data keys each key wraps. Raises ArtifactDamaged."""
        return upkeep.keys_in_use(self._blobs)

    def sweep(self, before: datetime) -> int:
        """Removes what pushes left behind that went on last before that (aware) instant; how many parts."""
        return upkeep.sweep(self._blobs, before)

    def _reader(self, digest: Digest) -> Reader:
        return Reader(self._blobs, sealer_of(header_of(self._blobs, digest), self._ring))
