"""What of a pull is trusted, and how much memory does it take?"""

import fcntl
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tenure_artifacts import ArtifactStore, Layout, LocalKeyRing
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.errors import ArtifactDamaged, PullUnderWay, StagingExposed

from tests.contract.artifacts.site import CutOff, Cutting
from tests.unit.artifacts.storing import Stored, stored

LAYOUT = Layout(chunk_bytes=16, part_chunks=2)
CONTENT = bytes(range(200))
MIB = 1_048_576


@pytest.fixture
def cut_off(tmp_path: Path) -> Stored:
    """Pulled as far as the second part."""
    ring = LocalKeyRing.open_or_make(tmp_path / "keys.json")
    it = stored(CONTENT, LAYOUT, ring, tmp_path)
    with pytest.raises(CutOff):
        ArtifactStore(Cutting(it.blobs, 3, ("read",)), ring, LAYOUT).pull(it.digest, it.back)
    return it


def staging_of(it: Stored) -> Path:
    (staging,) = it.back.parent.glob(".back.*.part")
    return staging


def test_a_pull_goes_on_behind_what_is_staged(cut_off: Stored) -> None:
    assert (staging_of(cut_off) / "content").read_bytes() == CONTENT[:64]
    assert cut_off.store.pull(cut_off.digest, cut_off.back).fetched_bytes == len(CONTENT) - 64
    assert cut_off.back.read_bytes() == CONTENT


def test_what_was_altered_while_it_was_staged_is_refused_and_the_next_pull_starts_anew(cut_off: Stored) -> None:
    (staging_of(cut_off) / "content").write_bytes(b"x" * 64)
    with pytest.raises(ArtifactDamaged):
        cut_off.store.pull(cut_off.digest, cut_off.back)
    assert not cut_off.back.exists()
    assert cut_off.pulled() == CONTENT


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 1])
def test_a_staged_file_of_full_length_and_other_content_is_fetched_anew(cut_off: Stored, length: int) -> None:
    (staging_of(cut_off) / "content").write_bytes(b"x" * length)
    assert cut_off.pulled() == CONTENT


def test_a_staging_that_others_can_write_to_is_not_trusted(cut_off: Stored) -> None:
    staging_of(cut_off).chmod(0o777)
    with pytest.raises(StagingExposed):
        cut_off.store.pull(cut_off.digest, cut_off.back)


def test_two_pulls_to_one_target_don_t_mix(cut_off: Stored) -> None:
    handle = os.open(staging_of(cut_off), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(PullUnderWay):
        cut_off.store.pull(cut_off.digest, cut_off.back)
    os.close(handle)
    assert cut_off.pulled() == CONTENT


def test_content_far_larger_than_a_part_passes_in_a_few_parts_of_memory(tmp_path: Path) -> None:
    layout = Layout(chunk_bytes=MIB // 16, part_chunks=4)
    with (tmp_path / "model").open("wb") as file:
        file.truncate(48 * MIB)
    ring = LocalKeyRing.open_or_make(tmp_path / "keys.json")
    store = ArtifactStore(Blobs.open(str(tmp_path / "store")), ring, layout)
    push, digest = peak_bytes(lambda: store.push(tmp_path / "model").digest)
    pull, _ = peak_bytes(lambda: store.pull(digest, tmp_path / "back"))
    # The first reading's block, and a part in a few copies.
    assert push < MIB + 6 * layout.part_bytes
    assert pull < MIB + 6 * layout.part_bytes
    assert (tmp_path / "back").stat().st_size == 48 * MIB


def peak_bytes(work: Callable[[], object]) -> tuple[int, object]:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        answer = work()
        return tracemalloc.get_traced_memory()[1] - before, answer
    finally:
        tracemalloc.stop()
