"""What every store promises about getting content in and out."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tenure_artifacts import Digest, Layout
from tenure_artifacts.digests import digest_of
from tenure_artifacts.errors import ArtifactUnknown, KeyUnknown, TargetTaken

from tests.contract.artifacts.site import SMALL, CutOff, Cutting, Site

PARTS = 5


def content_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_file_comes_back_as_it_went_in_under_the_digest_of_its_content(
    site: Site, model: Path, tmp_path: Path
) -> None:
    pushed = site.store().push(model)
    site.store().pull(pushed.digest, tmp_path / "back")
    assert pushed.digest == digest_of(model.read_bytes())
    assert (tmp_path / "back").read_bytes() == model.read_bytes()


def test_a_directory_comes_back_as_it_went_in(site: Site, tree: Path, tmp_path: Path) -> None:
    site.store().pull(site.store().push(tree).digest, tmp_path / "back")
    assert content_of(tmp_path / "back") == content_of(tree)


def test_what_is_stored_shows_nothing_of_the_content(site: Site, tree: Path) -> None:
    site.store().push(tree)
    stored = b"".join(site.everything().values())
    assert b"wwww" not in stored
    assert b"config.json" not in stored


def test_the_same_content_is_stored_once(site: Site, model: Path) -> None:
    assert site.store().push(model).sent_parts == PARTS
    before = site.everything()
    assert site.store().push(model).sent_parts == 0
    assert site.everything() == before


def test_what_is_not_there_is_named(site: Site, tmp_path: Path) -> None:
    absent = digest_of(b"never pushed")
    with pytest.raises(ArtifactUnknown, match=absent):
        site.store().pull(absent, tmp_path / "back")


def test_a_ring_without_the_key_is_told_which_key_it_lacks(site: Site, model: Path, tmp_path: Path) -> None:
    digest = site.store().push(model).digest
    stranger = replace(site, keys=tmp_path / "other-keys.json")
    with pytest.raises(KeyUnknown, match=site.ring.active):
        stranger.store().pull(digest, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("after", [False, True])
def test_a_push_cut_off_at_any_write_shows_nothing_half_and_the_next_goes_on(
    site: Site, model: Path, after: bool
) -> None:
    writes = PARTS + 3  # the upload's header, the parts, the header, and the upload's removal
    for number in range(writes):
        model.write_bytes(b"%d" % number + model.read_bytes()[1:])
        with pytest.raises(CutOff):
            site.store(Cutting(site.blobs, number, after=after)).push(model)
        digest = digest_of(model.read_bytes())
        whole = is_whole(site, digest)
        assert whole == (number + after > PARTS + 1)
        again = site.store().push(model)
        assert again.sent_parts == max(0, min(PARTS, PARTS + 1 - number - after))
        assert is_whole(site, digest)


def test_a_push_goes_on_in_the_parts_of_the_one_that_was_cut_off(site: Site, model: Path) -> None:
    with pytest.raises(CutOff):
        site.store(Cutting(site.blobs, 3)).push(model)
    pushed = site.store(layout=Layout(chunk_bytes=50, part_chunks=3)).push(model)
    assert pushed.sent_parts == PARTS - 2
    site.store().verify(pushed.digest)


def is_whole(site: Site, digest: Digest) -> bool:
    try:
        site.store().verify(digest)
    except ArtifactUnknown:
        return False
    return True


def test_pushes_of_the_same_content_at_once_leave_one_whole_object(site: Site, model: Path) -> None:
    start, failures = threading.Barrier(4), []

    def push() -> None:
        store = site.store()
        start.wait()
        try:
            store.push(model)
        except Exception as failure:  # noqa: BLE001 - shown by the assertion
            failures.append(failure)

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    names = site.everything()
    assert [name.rpartition("/")[2] for name in names if name.startswith("headers/")] == ["header"]
    assert sum(name.startswith("parts/") for name in names) == PARTS
    site.store().verify(digest_of(model.read_bytes()))


def test_an_upload_that_another_one_overtook_leaves_nothing(site: Site, model: Path) -> None:
    """Both found nothing; the other one was through before this one had said that it is there."""
    slow = Cutting(site.blobs, 0, ("create",), at=lambda: site.store().push(model) and None)
    assert site.store(slow).push(model).sent_parts == PARTS
    assert len(site.everything()) == 1 + PARTS
    site.store().verify(digest_of(model.read_bytes()))


def test_a_push_puts_back_the_parts_that_were_lost_or_torn(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    first, lost, torn, *_ = sorted(name for name in site.everything() if name.startswith("parts/"))
    site.blobs.remove(lost)
    site.blobs.replace(torn, site.blobs.read(first, 1_048_576)[:-1])
    assert site.store().push(model).sent_parts == 2
    site.store().verify(digest)


def test_a_part_that_is_gone_before_the_artifact_is_visible_is_sent_again(site: Site, model: Path) -> None:
    def lose_the_first() -> None:
        site.blobs.remove(min(name for name in site.everything() if name.startswith("parts/")))

    losing = Cutting(site.blobs, PARTS - 1, ("replace",), at=lose_the_first)
    pushed = site.store(losing).push(model)
    assert pushed.sent_parts == PARTS + 1
    site.store().verify(pushed.digest)


def test_a_pull_cut_off_at_any_read_leaves_no_target_and_the_next_goes_on(
    site: Site, tree: Path, tmp_path: Path
) -> None:
    digest, to = site.store().push(tree).digest, tmp_path / "back"
    for number in range(7):  # the header, the four parts that the manifest lies in, and two of the files' three
        with pytest.raises(CutOff):
            site.store(Cutting(site.blobs, number, ("read",))).pull(digest, to)
        assert not to.exists()
    pulled = site.store().pull(digest, to)
    assert content_of(to) == content_of(tree)
    assert pulled.size - pulled.fetched_bytes == SMALL.part_bytes
    assert not list(tmp_path.glob(".back*"))


def test_a_pull_overwrites_nothing(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    before = model.read_bytes()
    with pytest.raises(TargetTaken):
        site.store().pull(digest, model)
    assert model.read_bytes() == before
    assert not list(model.parent.glob(".*.part")), "it was fetched for nothing"
