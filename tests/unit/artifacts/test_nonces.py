"""Is a nonce ever used for two plaintexts under one key?"""

from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tenure_artifacts import ArtifactStore, Layout, LocalKeyRing, seal
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.errors import SourceChanged

from tests.contract.artifacts.site import CutOff, Cutting

LAYOUT = Layout(chunk_bytes=16, part_chunks=2)
ORIGINAL, CHANGED = bytes(range(160)), bytes(160)


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[bytes, bytes], set[bytes]]:
    """All plaintexts that were sealed, by key and nonce."""
    seen: dict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)

    class Watched:
        def __init__(self, key: bytes) -> None:
            self._key, self._cipher = key, AESGCM(key)

        def encrypt(self, nonce: bytes, plaintext: bytes, beside: bytes) -> bytes:
            seen[self._key, nonce].add(bytes(plaintext))
            return self._cipher.encrypt(nonce, plaintext, beside)

    monkeypatch.setattr(seal, "AESGCM", Watched)
    return seen


@pytest.mark.parametrize("layout", [LAYOUT, Layout(chunk_bytes=24, part_chunks=3)])
def test_a_push_that_is_begun_again_over_a_changed_file_seals_nothing_new_under_an_old_nonce(
    layout: Layout, sealed: dict[tuple[bytes, bytes], set[bytes]], tmp_path: Path
) -> None:
    """Also where the one that goes on would cut its parts otherwise."""
    model, ring = tmp_path / "model", LocalKeyRing.open_or_make(tmp_path / "keys.json")
    blobs = Blobs.open(f"memory://{uuid4().hex}")
    model.write_bytes(ORIGINAL)
    with pytest.raises(CutOff):
        ArtifactStore(Cutting(blobs, 4), ring, LAYOUT).push(model)
    # The file changes after it was named, before it is sealed: the upload that is there has the old name and key.
    meddled = Cutting(blobs, 0, ("sizes",), at=lambda: model.write_bytes(CHANGED) and None)
    with pytest.raises(SourceChanged):
        ArtifactStore(meddled, ring, layout).push(model)
    model.write_bytes(ORIGINAL)
    ArtifactStore(blobs, ring, LAYOUT).push(model)
    assert {len(plaintexts) for plaintexts in sealed.values()} == {1}
    assert len(sealed) == len(ORIGINAL) // LAYOUT.chunk_bytes


def test_pushes_of_the_same_content_to_two_stores_share_no_key(
    sealed: dict[tuple[bytes, bytes], set[bytes]], tmp_path: Path
) -> None:
    model, ring = tmp_path / "model", LocalKeyRing.open_or_make(tmp_path / "keys.json")
    model.write_bytes(ORIGINAL)
    for _ in range(2):
        ArtifactStore(Blobs.open(f"memory://{uuid4().hex}"), ring, LAYOUT).push(model)
    assert len({key for key, _ in sealed}) == 2
