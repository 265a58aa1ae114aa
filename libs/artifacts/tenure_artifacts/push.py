"""How does content get into a store?

| step | durable after it | visible | a crash here loses |
|---|---|---|---|
| 1 the source is read, named and pinned | nothing | nothing | the time |
| 2 `upload` gets the header with a fresh data key, if no push of this content is under way | the key | nothing | - |
| 3 each missing part is sealed and put | the part | nothing | the part under way |
| 4 all parts are listed, with their sizes | - | nothing | - |
| 5 `header` gets the same header, exclusively | the artifact | all of it at once | - |
| 6 `upload` is removed | - | - | a leftover, for `sweep` |

Any push of the same content goes on where another one stopped, or works beside it: both seal the same bytes to the same
parts. A push of content that is there puts back the parts that were lost.
"""

from dataclasses import dataclass

from tenure_artifacts import places
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import Digest
from tenure_artifacts.errors import ArtifactDestroyed, PushDisturbed, SourceChanged, StoredAsOther
from tenure_artifacts.header import Frame, Header, new_frame
from tenure_artifacts.keys import KeyRing
from tenure_artifacts.proof import proof_of
from tenure_artifacts.seal import new_header, sealer_of
from tenure_artifacts.source import Source, measure
from tenure_artifacts.stored import header_at, missing_parts

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Pushed:
    """`sent_parts` is 0 where all of it was there."""

    digest: Digest
    size: int
    sent_parts: int


def push(blobs: Blobs, ring: KeyRing, source: Source) -> Pushed:
    """Durable and visible on return. Raises SourceChanged, StoredAsOther, ArtifactDamaged (of the header that is
    there), KeyUnknown, WrongKey, ArtifactDestroyed (meanwhile), PushDisturbed; after each the next push goes on."""
    sent = 0
    for _ in range(ATTEMPTS):
        header, visible = _header(blobs, ring, source)
        sent += _send_missing(blobs, ring, header, source)
        # Looked at again: what was there before this push may have been swept or destroyed beside it.
        if not missing_parts(blobs, header.frame) and (visible or _commit(blobs, header)):
            return Pushed(source.digest, source.size, sent)
    raise PushDisturbed(source.digest)


def _header(blobs: Blobs, ring: KeyRing, source: Source) -> tuple[Header, bool]:
    """The artifact's header, an upload's that is under way, or a new one's; whether it is the artifact's."""
    committed, upload = places.header_of(source.digest), places.upload_of(source.digest)
    if found := header_at(blobs, committed):
        return _same_kind(found, source), True
    if found := header_at(blobs, upload):
        return _same_kind(found, source), False
    made = new_header(new_frame(source.digest, source.size, len(source.manifest), source.layout), ring)
    try:
        blobs.create(upload, made.encode())
    except FileExistsError:
        return _header(blobs, ring, source)
    return made, False


def _same_kind(header: Header, source: Source) -> Header:
    if header.frame.manifest_size != len(source.manifest):
        raise StoredAsOther(source.digest, header.frame.kind)
    return header


def _send_missing(blobs: Blobs, ring: KeyRing, header: Header, source: Source) -> int:
    frame = header.frame
    missing = missing_parts(blobs, frame)
    if not missing:
        return 0
    pinned, sealer = _pinned(source, frame), sealer_of(header, ring)
    for part in missing:
        blobs.replace(places.part_of(frame, part), sealer.seal_part(part, pinned.part(part)))
    return len(missing)


def _pinned(source: Source, frame: Frame) -> Source:
    """The source in the frame's parts, which may be of other sizes than ours."""
    if source.layout == frame.layout:
        return source
    again = measure(source.root, frame.layout)
    if again.digest != source.digest:
        raise SourceChanged(source.root)
    return again


def _commit(blobs: Blobs, header: Header) -> bool:
    """False where another upload of the same content was faster: this one's parts are then nobody's, and go."""
    frame, committed = header.frame, places.header_of(header.frame.digest)
    try:
        blobs.create(committed, header.encode())
    except FileExistsError:
        winner = header_at(blobs, committed)
        if winner is None or winner.frame != frame:
            blobs.remove(places.upload_of(frame.digest))
            blobs.remove(places.parts_of(frame))
            return False
    refuse_destroyed(blobs, frame)
    blobs.remove(places.upload_of(frame.digest))
    return True


def refuse_destroyed(blobs: Blobs, frame: Frame) -> None:
    """A header that was written while its artifact was destroyed would bring the key back: it goes again.

    Destruction is noted before the header is removed, so that whoever writes a header and looks afterwards sees it.
    """
    proof = proof_of(blobs, frame.digest)
    if proof is not None and proof.frame == frame.identity().hex():
        blobs.remove(places.headers_of(frame.digest))
        raise ArtifactDestroyed(frame.digest, proof.destroyed_at.isoformat(), proof.authorised_by)
