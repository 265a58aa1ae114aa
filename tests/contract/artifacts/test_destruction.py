"""What every store promises about getting rid of content, and of keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from tenure_artifacts import DestructionOrder
from tenure_artifacts.errors import ArtifactDamaged, ArtifactDestroyed, ArtifactUnknown, DestructionRefused, NotGone

from tests.contract.artifacts.site import NOW, ORDER, CutOff, Cutting, Site, go, stay

LATER = datetime.now(UTC) + timedelta(days=1)
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


def below(site: Site, folder: str) -> dict[str, bytes]:
    return {name: content for name, content in site.everything().items() if name.startswith(folder)}


def test_destruction_removes_everything_and_says_what_it_was(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    (header,) = below(site, "headers/").values()
    proof = site.store().destroy(digest, ORDER, go)
    assert (proof.digest, proof.header_digest, proof.key) == (digest, sha256(header).hexdigest(), site.ring.active)
    assert (proof.reason, proof.authorised_by, proof.destroyed_at) == (ORDER.reason, ORDER.authorised_by, NOW)
    assert proof.checked_gone == "header and parts"
    assert proof.store == site.blobs.address
    assert below(site, "headers/") == below(site, "parts/") == {}


def test_what_was_destroyed_is_told_from_what_never_was(site: Site, model: Path, tmp_path: Path) -> None:
    digest = site.store().push(model).digest
    site.store().destroy(digest, ORDER, go)
    with pytest.raises(ArtifactDestroyed, match=ORDER.authorised_by):
        site.store().pull(digest, tmp_path / "back")


def test_what_a_policy_holds_stays(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    with pytest.raises(DestructionRefused, match="legal hold 7"):
        site.store().destroy(digest, ORDER, stay)
    with pytest.raises(DestructionRefused, match="legal hold 7"):
        site.store().shred(digest, ORDER, stay)
    site.store().verify(digest)


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, reason=" "),
        replace(ORDER, reason="x" * 1_001),
        replace(ORDER, authorised_by=""),
        replace(ORDER, at=datetime(2026, 1, 1)),
    ],
)
def test_an_order_names_a_reason_an_event_and_an_instant(site: Site, model: Path, order: DestructionOrder) -> None:
    digest = site.store().push(model).digest
    with pytest.raises(DestructionRefused, match="an order"):
        site.store().destroy(digest, order, go)
    site.store().verify(digest)


@pytest.mark.parametrize("after", [False, True])
def test_a_destruction_cut_off_at_any_write_is_ended_by_the_next_with_the_same_proof(
    site: Site, model: Path, after: bool
) -> None:
    for number in range(4):  # the note, the headers, the parts, the proof
        digest = site.store().push(model).digest
        (header,) = below(site, "headers/").values()
        with pytest.raises(CutOff):
            site.store(Cutting(site.blobs, number, after=after)).destroy(digest, ORDER, go)
        proof = site.store().destroy(digest, ORDER, go)
        assert proof.header_digest == sha256(header).hexdigest()
        assert proof == site.store().destroy(digest, ORDER, go)
        assert below(site, "headers/") == below(site, "parts/") == {}


def test_a_store_that_removes_nothing_gives_no_proof(site: Site, model: Path) -> None:
    class Keeping(Cutting):
        def remove(self, _name: str) -> None:
            """As S3's bulk removal, which leaves out what it may not remove."""

    digest = site.store().push(model).digest
    with pytest.raises(NotGone, match="header"):
        site.store(Keeping(site.blobs, -1)).destroy(digest, ORDER, go)


def test_what_never_was_gives_no_proof(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    site.blobs.remove("headers")
    with pytest.raises(ArtifactUnknown):
        site.store().destroy(digest, ORDER, go)


def test_a_damaged_artifact_can_be_destroyed_too(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    (name,) = below(site, "headers/")
    site.blobs.replace(name, b"torn")
    proof = site.store().destroy(digest, ORDER, go)
    assert (proof.key, proof.frame, proof.header_digest) == (None, None, sha256(b"torn").hexdigest())
    assert below(site, "parts/") == {}


def test_a_torn_note_of_a_destruction_is_told(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    site.store().destroy(digest, ORDER, go)
    (note,) = below(site, "destroyed/")
    site.blobs.replace(note, b"{")
    with pytest.raises(ArtifactDamaged, match="the note of its destruction"):
        site.store().verify(digest)


def test_destroyed_content_can_be_pushed_again_under_a_new_key(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    first = site.store().destroy(digest, ORDER, go)
    site.store().push(model)
    site.store().verify(digest)
    assert site.store().destroy(digest, ORDER, go).frame != first.frame


def test_a_shredded_artifact_is_unreadable_though_its_parts_are_there(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    parts = below(site, "parts/")
    assert site.store().shred(digest, ORDER, go).checked_gone == "header"
    assert below(site, "parts/") == parts
    site.store().push(model)  # the same content, under another key
    for new, old in zip(sorted(below(site, "parts/").keys() - parts.keys()), sorted(parts), strict=True):
        site.blobs.replace(new, parts[old])
    with pytest.raises(ArtifactDamaged, match="chunk 0"):
        site.store().verify(digest)


def test_the_parts_of_a_shredded_artifact_are_swept(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    site.store().shred(digest, ORDER, go)
    assert site.store().sweep(LONG_AGO) == 0
    assert site.store().sweep(LATER) == 5
    assert below(site, "parts/") == {}


def test_the_parts_of_a_damaged_artifact_wait_for_its_header(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    ((name, header),) = below(site, "headers/").items()
    site.blobs.replace(name, header[:-1])
    assert site.store().sweep(LATER) == 0
    site.blobs.replace(name, header)
    site.store().verify(digest)


def test_a_rewrap_beside_a_destruction_does_not_bring_the_key_back(site: Site, model: Path) -> None:
    digest = site.store().push(model).digest
    ring = site.ring
    ring.rotate(NOW)
    late = Cutting(site.blobs, 0, ("replace",), at=lambda: site.store().destroy(digest, ORDER, go) and None)
    assert site.store(late, ring=ring).rewrap() == 0
    assert below(site, "headers/") == {}


def test_a_push_beside_a_destruction_does_not_bring_the_key_back(site: Site, model: Path) -> None:
    def destroy() -> None:
        (upload,) = below(site, "headers/")
        digest = f"sha256:{upload.split('/')[2]}"
        site.store().destroy(digest, ORDER, go)

    late = Cutting(site.blobs, 1, ("create",), at=destroy)  # just before the artifact would have become visible
    with pytest.raises(ArtifactDestroyed):
        site.store(late).push(model)
    assert below(site, "headers/") == {}


def test_a_rotation_wraps_keys_anew_and_touches_no_content(site: Site, model: Path, tree: Path) -> None:
    digests = [site.store().push(path).digest for path in (model, tree)]
    parts, headers = below(site, "parts/"), below(site, "headers/")
    old = site.ring.active
    new = site.ring.rotate(NOW)
    assert site.store().rewrap() == 2
    assert site.store().keys_in_use() == {new: 2}
    assert below(site, "parts/") == parts
    assert not set(below(site, "headers/").values()) & set(headers.values())
    site.ring.forget(old)
    for digest in digests:
        site.store().verify(digest)


def test_a_rotation_that_was_cut_off_is_just_run_again(site: Site, model: Path, tree: Path) -> None:
    for path in (model, tree):
        site.store().push(path)
    site.ring.rotate(NOW)
    with pytest.raises(CutOff):
        site.store(Cutting(site.blobs, 1)).rewrap()
    assert site.store().rewrap() == 1
    assert site.store().rewrap() == 0


def test_a_push_that_nobody_goes_on_with_is_swept_and_a_young_one_is_not(site: Site, model: Path, tree: Path) -> None:
    kept = site.store().push(tree).digest
    with pytest.raises(CutOff):
        site.store(Cutting(site.blobs, 3)).push(model)
    assert site.store().sweep(LONG_AGO) == 0
    assert len(below(site, "headers/")) == 2
    assert site.store().sweep(LATER) == 2
    assert len(below(site, "headers/")) == 1
    site.store().verify(kept)
