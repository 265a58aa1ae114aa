"""What is kept beside an object's parts, and what of it may change?

    frame     magic, format, digest, size, manifest size, chunk bytes, chunks per part, nonce prefix: fixed for ever
    wrapping  key id, wrapped data key: replaced when keys rotate
    checksum  SHA-256 of all before, so that a damaged header is not taken for a wrong key

The frame's SHA-256 is its *identity*. It is authenticated with every chunk and with the wrapped key, so that nothing
that belongs to one object opens in another. It leaves the wrapping out, or a rotation would have to seal all anew.
"""

import secrets
import struct
from dataclasses import dataclass
from hashlib import sha256

from tenure_artifacts.digests import Digest, hex_of, named
from tenure_artifacts.errors import ArtifactDamaged, FormatUnknown
from tenure_artifacts.keys import KeyId, WrappedKey
from tenure_artifacts.layout import Layout

MAGIC = b"TENURE-A"
FORMAT = 1
PREFIX_BYTES = 8
CHECKSUM_BYTES = 32
MAX_MANIFEST_BYTES = 64 * 1_048_576
MAX_HEADER_BYTES = 8_192
_FRAME = struct.Struct(">8sB32sQIIH8s")
_LENGTHS = struct.Struct(">BH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Sizes in bytes of plaintext. `manifest_size` is 0 for a file; of a directory it is the manifest at the end."""

    digest: Digest
    size: int
    manifest_size: int
    layout: Layout
    nonce_prefix: bytes

    @property
    def kind(self) -> str:
        return "directory" if self.manifest_size else "file"

    @property
    def parts(self) -> int:
        return self.layout.parts(self.size)

    def encode(self) -> bytes:
        raw, layout = bytes.fromhex(hex_of(self.digest)), self.layout
        sizes = (self.size, self.manifest_size, layout.chunk_bytes, layout.part_chunks)
        return _FRAME.pack(MAGIC, FORMAT, raw, *sizes, self.nonce_prefix)

    def identity(self) -> bytes:
        return sha256(self.encode()).digest()


@dataclass(frozen=True, slots=True)
class Header:
    frame: Frame
    wrapped: WrappedKey

    def encode(self) -> bytes:
        key = self.wrapped.key.encode()
        body = self.frame.encode() + _LENGTHS.pack(len(key), len(self.wrapped.sealed)) + key + self.wrapped.sealed
        return body + sha256(body).digest()


def new_frame(digest: Digest, size: int, manifest_size: int, layout: Layout) -> Frame:
    """The random prefix gives each upload an identity of its own, also of the same content."""
    prefix = secrets.token_bytes(PREFIX_BYTES)
    return Frame(digest=digest, size=size, manifest_size=manifest_size, layout=layout, nonce_prefix=prefix)


def decode_header(digest: Digest, raw: bytes) -> Header:
    """Raises ArtifactDamaged where it is not a whole header of this artifact, FormatUnknown."""
    body, checksum = raw[:-CHECKSUM_BYTES], raw[-CHECKSUM_BYTES:]
    if sha256(body).digest() != checksum:
        raise ArtifactDamaged(digest, "its header", "does not match its checksum")
    try:
        header = Header(_frame(body), _wrapping(body[_FRAME.size :]))
    except (ValueError, struct.error) as malformed:
        raise ArtifactDamaged(digest, "its header", f"can't be read ({malformed})") from None
    if header.frame.digest != digest:
        raise ArtifactDamaged(digest, "its header", f"belongs to {header.frame.digest}")
    return header


def _frame(body: bytes) -> Frame:
    magic, version, raw, size, manifest_size, chunk_bytes, part_chunks, prefix = _FRAME.unpack_from(body)
    if magic != MAGIC:
        raise ValueError("it has another magic")
    if version != FORMAT:
        raise FormatUnknown(named(raw), version)
    layout = Layout(chunk_bytes=chunk_bytes, part_chunks=part_chunks)
    if size > layout.max_object_bytes or manifest_size > min(size, MAX_MANIFEST_BYTES):
        raise ValueError("its sizes are out of bounds")
    return Frame(digest=named(raw), size=size, manifest_size=manifest_size, layout=layout, nonce_prefix=prefix)


def _wrapping(body: bytes) -> WrappedKey:
    key_length, sealed_length = _LENGTHS.unpack_from(body)
    rest = body[_LENGTHS.size :]
    if len(rest) != key_length + sealed_length:
        raise ValueError("its lengths don't add up")
    return WrappedKey(KeyId(rest[:key_length].decode()), rest[key_length:])
