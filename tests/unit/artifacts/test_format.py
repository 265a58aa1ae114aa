"""Is what is stored what the format says? Written down here a second time, so that old objects stay readable."""

import struct
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tenure_artifacts import ArtifactStore, LocalKeyRing
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import digest_of
from tenure_artifacts.errors import ArtifactDamaged, FormatUnknown

CONTENT = b"ten bytes!"
CHUNKS, PARTS = [b"ten ", b"byte", b"s!"], [2, 1]
DATA_KEY, PREFIX = bytes(range(32)), b"prefix.."


@pytest.fixture
def ring(tmp_path: Path) -> LocalKeyRing:
    return LocalKeyRing.open_or_make(tmp_path / "keys.json")


def frame(version: int = 1, size: int = 10, manifest_size: int = 0, chunk_bytes: int = 4) -> bytes:
    raw = sha256(CONTENT).digest()
    head = b"TENURE-A" + bytes([version]) + raw
    return head + struct.pack(">QIIH", size, manifest_size, chunk_bytes, 2) + PREFIX


def header(ring: LocalKeyRing, frame: bytes) -> bytes:
    wrapped = ring.wrap(DATA_KEY, sha256(frame).digest())
    body = frame + struct.pack(">BH", len(wrapped.key), len(wrapped.sealed)) + wrapped.key.encode() + wrapped.sealed
    return body + sha256(body).digest()


def sealed(frame: bytes, index: int, last: bool) -> bytes:
    nonce = PREFIX + index.to_bytes(4, "big")
    beside = sha256(frame).digest() + index.to_bytes(4, "big") + bytes([last])
    return AESGCM(DATA_KEY).encrypt(nonce, CHUNKS[index], beside)


def laid_down(ring: LocalKeyRing, frame: bytes, chunks: list[bytes]) -> ArtifactStore:
    """A store with these bytes under the digest of CONTENT."""
    blobs, name = Blobs.open(f"memory://{uuid4().hex}"), sha256(CONTENT).hexdigest()
    blobs.replace(f"headers/{name[:2]}/{name}/header", header(ring, frame))
    folder = f"parts/{name[:2]}/{name}/{sha256(frame).hexdigest()[:32]}"
    blobs.replace(f"{folder}/00000", chunks[0] + chunks[1])
    blobs.replace(f"{folder}/00001", chunks[2])
    return ArtifactStore(blobs, ring)


def test_an_object_that_was_laid_down_by_hand_is_read(ring: LocalKeyRing) -> None:
    whole = frame()
    store = laid_down(ring, whole, [sealed(whole, n, last=n == 2) for n in range(3)])
    assert store.verify(digest_of(CONTENT)) == len(CONTENT)


@pytest.mark.parametrize("index", range(3))
def test_a_chunk_that_was_not_sealed_as_the_last_or_was_though_it_is_not_is_refused(
    index: int, ring: LocalKeyRing
) -> None:
    whole = frame()
    store = laid_down(ring, whole, [sealed(whole, n, last=(n == 2) != (n == index)) for n in range(3)])
    with pytest.raises(ArtifactDamaged, match=f"chunk {index} is not what was sealed there"):
        store.verify(digest_of(CONTENT))


def test_a_newer_format_is_not_called_damage(ring: LocalKeyRing) -> None:
    with pytest.raises(FormatUnknown, match="format 2: read it with a newer build"):
        laid_down(ring, frame(version=2), CHUNKS).verify(digest_of(CONTENT))


@pytest.mark.parametrize(
    "bounds",
    [
        {"size": 1 << 63},
        {"size": 10, "manifest_size": 11},
        {"size": 1 << 30, "manifest_size": 64 * 1_048_576 + 1, "chunk_bytes": 1_048_576},
        {"chunk_bytes": 0},
        {"chunk_bytes": 1 << 31},
    ],
)
def test_a_header_that_would_take_more_memory_than_any_push_asks_for_is_refused(
    bounds: dict[str, int], ring: LocalKeyRing
) -> None:
    with pytest.raises(ArtifactDamaged, match="its header can't be read"):
        laid_down(ring, frame(**bounds), CHUNKS).verify(digest_of(CONTENT))
