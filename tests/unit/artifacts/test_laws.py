"""Whatever the content and however it is cut: what goes in comes out, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_artifacts import Layout, LocalKeyRing
from tenure_artifacts.digests import digest_of
from tenure_artifacts.errors import ArtifactDamaged, ArtifactError, KeyUnknown, WrongKey
from tenure_artifacts.header import Header, decode_header
from tenure_artifacts.keys import KeyId, WrappedKey

from tests.unit.artifacts.storing import Stored, stored

contents = st.binary(max_size=200)
layouts = st.builds(Layout, chunk_bytes=st.integers(1, 90), part_chunks=st.integers(1, 5))
SMALL = Layout(chunk_bytes=5, part_chunks=2)  # most contents fill some parts
examples = settings(max_examples=60, deadline=None)


def refused(it: Stored) -> ArtifactError:
    """How the pull was refused, having brought nothing."""
    with pytest.raises(ArtifactError) as refusal:
        it.store.pull(it.digest, it.back)
    assert not it.back.exists()
    it.clear()
    return refusal.value


@examples
@given(content=contents, layout=layouts)
def test_any_content_in_any_layout_comes_back(content: bytes, layout: Layout, ring: LocalKeyRing, desk: Path) -> None:
    it = stored(content, layout, ring, desk)
    assert it.pulled() == content
    assert it.digest == digest_of(content)


@examples
@given(content=contents, bit=st.integers(0, 1 << 16), which=st.integers(0, 1 << 8))
def test_any_single_flipped_bit_is_found_and_named(
    content: bytes, bit: int, which: int, ring: LocalKeyRing, desk: Path
) -> None:
    it = stored(content, SMALL, ring, desk)
    name = it.names()[which % len(it.names())]
    raw = bytearray(it.read(name))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    it.blobs.replace(name, bytes(raw))
    damage = refused(it)
    assert isinstance(damage, ArtifactDamaged)
    assert damage.digest == it.digest
    assert damage.where == "its header" if name == it.header() else damage.where.startswith("chunk ")


@examples
@given(content=contents, length=st.integers(0, 1 << 16), which=st.integers(0, 1 << 8))
def test_any_truncation_is_found(content: bytes, length: int, which: int, ring: LocalKeyRing, desk: Path) -> None:
    it = stored(content, SMALL, ring, desk)
    name = it.names()[which % len(it.names())]
    it.blobs.replace(name, it.read(name)[: length % len(it.read(name))])
    assert isinstance(refused(it), ArtifactDamaged)


@examples
@given(content=contents, more=st.binary(min_size=1, max_size=70), which=st.integers(0, 1 << 8))
def test_anything_appended_is_found(content: bytes, more: bytes, which: int, ring: LocalKeyRing, desk: Path) -> None:
    it = stored(content, SMALL, ring, desk)
    name = it.names()[which % len(it.names())]
    it.blobs.replace(name, it.read(name) + more)
    assert isinstance(refused(it), ArtifactDamaged)


@examples
@given(content=st.binary(min_size=11, max_size=200), data=st.data())
def test_parts_that_changed_places_are_found(
    content: bytes, data: st.DataObject, ring: LocalKeyRing, desk: Path
) -> None:
    it = stored(content, SMALL, ring, desk)
    one, other = data.draw(st.lists(st.sampled_from(it.parts()), min_size=2, max_size=2, unique=True))
    first, second = it.read(one), it.read(other)
    it.blobs.replace(one, second)
    it.blobs.replace(other, first)
    assert isinstance(refused(it), ArtifactDamaged)


@examples
@given(content=contents)
def test_a_part_of_another_object_is_found_even_with_the_same_content(
    content: bytes, ring: LocalKeyRing, desk: Path
) -> None:
    it, twin = stored(content, SMALL, ring, desk), stored(content, SMALL, ring, desk)
    it.blobs.replace(it.parts()[0], twin.read(twin.parts()[0]))
    assert isinstance(refused(it), ArtifactDamaged)


@examples
@given(content=contents)
def test_an_object_under_another_name_is_found(content: bytes, ring: LocalKeyRing, desk: Path) -> None:
    it, other = stored(content, SMALL, ring, desk), stored(content + b"!", SMALL, ring, desk)
    it.blobs.replace(it.header(), other.read(other.header()))
    damage = refused(it)
    assert isinstance(damage, ArtifactDamaged)
    assert (damage.digest, damage.where, damage.what) == (it.digest, "its header", f"belongs to {other.digest}")


def forged(header: Header, change: dict[str, object]) -> Header:
    return Header(replace(header.frame, **change), header.wrapped)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 50},
        {"manifest_size": 3},
        {"layout": Layout(chunk_bytes=10, part_chunks=1)},
        {"layout": Layout(chunk_bytes=5, part_chunks=3)},
        {"nonce_prefix": bytes(8)},
    ],
)
def test_a_header_that_was_altered_with_its_checksum_opens_nothing(
    change: dict[str, object], ring: LocalKeyRing, desk: Path
) -> None:
    """The wrapped key is bound to the frame: also a size that would cut the object at a chunk's end."""
    it = stored(bytes(100), SMALL, ring, desk)
    header = forged(decode_header(it.digest, it.read(it.header())), change)
    it.blobs.replace(it.header(), header.encode())
    assert isinstance(refused(it), WrongKey)


def test_a_wrapped_key_of_another_object_opens_nothing(ring: LocalKeyRing, desk: Path) -> None:
    it, other = stored(b"one", SMALL, ring, desk), stored(b"two", SMALL, ring, desk)
    ours, theirs = (decode_header(s.digest, s.read(s.header())) for s in (it, other))
    it.blobs.replace(it.header(), Header(ours.frame, theirs.wrapped).encode())
    assert isinstance(refused(it), WrongKey)


@pytest.mark.parametrize(("key", "error"), [("local-unknown", KeyUnknown), (None, WrongKey)])
def test_a_key_that_is_not_there_is_told_from_one_that_does_not_open(
    key: str | None, error: type[ArtifactError], ring: LocalKeyRing, desk: Path
) -> None:
    it = stored(b"content", SMALL, ring, desk)
    used = decode_header(it.digest, it.read(it.header())).wrapped
    later = ring.rotate(datetime.now(UTC))
    header = decode_header(it.digest, it.read(it.header()))
    named = WrappedKey(KeyId(key or later), used.sealed)
    it.blobs.replace(it.header(), Header(header.frame, named).encode())
    refusal = refused(it)
    assert isinstance(refusal, error)
    assert (key or later) in str(refusal)


@examples
@given(content=contents, layout=layouts, rotations=st.integers(1, 3))
def test_a_rewrap_keeps_the_content_and_changes_the_header_alone(
    content: bytes, layout: Layout, rotations: int, ring: LocalKeyRing, desk: Path
) -> None:
    it = stored(content, layout, ring, desk)
    before = {name: sha256(it.read(name)).digest() for name in it.names()}
    for _ in range(rotations):
        ring.rotate(datetime.now(UTC))
        assert it.store.rewrap() == 1
    changed = [name for name in it.names() if sha256(it.read(name)).digest() != before[name]]
    assert changed == [it.header()]
    assert it.store.keys_in_use() == {ring.active: 1}
    assert it.pulled() == content
