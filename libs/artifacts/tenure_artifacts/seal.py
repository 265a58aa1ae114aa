"""How is an object's content sealed, so that no cut, swap or splice of it goes unseen?

Each chunk is AES-256-GCM under the object's own data key. Nonce: the frame's prefix (8 bytes) and the chunk's index
(4 bytes). Authenticated beside it: the frame's identity, the index, and whether it is the last. A chunk therefore opens
only in its own object, at its own place, and an object only ends with its last chunk.

A nonce never meets two plaintexts under one key: the key is fresh for each upload, and an upload seals under an index
only bytes that match the artifact's digest (see `source`), so that sealing a part again, after a crash or beside
another process, gives the same ciphertext. An object has at most 65,536 parts of 256 MiB, which is 2^40 blocks under
one key: an attacker's advantage from that many is under 2^-48.

Source: the STREAM construction, V. T. Hoang, R. Reyhanitabar, P. Rogaway, D. Vizar, "Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015. STREAM has the last flag in the nonce; here it is authenticated
data, which is as good since the frame fixes the size, and no index is ever sealed as both.
"""

import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenure_artifacts.errors import ArtifactDamaged, WrongKey
from tenure_artifacts.header import Frame, Header
from tenure_artifacts.keys import DATA_KEY_BYTES, KeyRing
from tenure_artifacts.layout import TAG_BYTES

_INDEX = struct.Struct(">I")
_PLACE = struct.Struct(">I?")


class Sealer:
    """Seals and opens one object's chunks."""

    def __init__(self, frame: Frame, data_key: bytes) -> None:
        self.frame = frame
        self._cipher, self._identity = AESGCM(data_key), frame.identity()
        self._last = frame.layout.chunks(frame.size) - 1

    def seal_part(self, part: int, plaintext: bytes) -> bytes:
        """`plaintext` is the whole part's."""
        layout, view = self.frame.layout, memoryview(plaintext)
        first, step = part * layout.part_chunks, layout.chunk_bytes
        pieces = range(0, max(1, len(view)), step)
        return b"".join(self._seal(first + n, view[at : at + step]) for n, at in enumerate(pieces))

    def chunk_of(self, sealed_part: bytes, place: int) -> memoryview:
        """Of a sealed part, the still sealed chunk at this place in it."""
        step = self.frame.layout.chunk_bytes + TAG_BYTES
        return memoryview(sealed_part)[place * step : (place + 1) * step]

    def open(self, index: int, sealed: bytes | memoryview) -> bytes:
        """Raises ArtifactDamaged."""
        try:
            return self._cipher.decrypt(self._nonce(index), sealed, self._beside(index))
        except InvalidTag:
            raise ArtifactDamaged(self.frame.digest, f"chunk {index}", "is not what was sealed there") from None

    def _seal(self, index: int, plaintext: memoryview) -> bytes:
        return self._cipher.encrypt(self._nonce(index), plaintext, self._beside(index))

    def _nonce(self, index: int) -> bytes:
        return self.frame.nonce_prefix + _INDEX.pack(index)

    def _beside(self, index: int) -> bytes:
        return self._identity + _PLACE.pack(index, index == self._last)


def new_header(frame: Frame, ring: KeyRing) -> Header:
    """With a data key that nothing else was ever sealed with."""
    return Header(frame, ring.wrap(secrets.token_bytes(DATA_KEY_BYTES), frame.identity()))


def data_key(header: Header, ring: KeyRing) -> bytes:
    """Raises KeyUnknown, WrongKey."""
    key = ring.unwrap(header.wrapped, header.frame.identity())
    if key is None:
        raise WrongKey(header.frame.digest, header.wrapped.key)
    return key


def sealer_of(header: Header, ring: KeyRing) -> Sealer:
    """Raises KeyUnknown, WrongKey."""
    return Sealer(header.frame, data_key(header, ring))
