"""Can a manifest say anything that would write outside of its directory?"""

import json
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from tenure_artifacts import Digest, Layout, LocalKeyRing
from tenure_artifacts.blobs import Blobs
from tenure_artifacts.digests import digest_of
from tenure_artifacts.errors import ArtifactDamaged, StoredAsOther
from tenure_artifacts.manifest import Entry, decode_manifest, encode_manifest
from tenure_artifacts.push import push
from tenure_artifacts.source import Source, SourceFile
from tenure_artifacts.store import ArtifactStore

LAYOUT = Layout(chunk_bytes=64, part_chunks=2)
DIGEST = digest_of(b"evil")


def canonical(*files: dict[str, object], **more: object) -> bytes:
    whole = {"files": list(files), "format": "tenure/directory/1", **more}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def entry(path: str, size: object = 4, digest: str = DIGEST) -> dict[str, object]:
    return {"digest": digest, "path": path, "size": size}


def test_a_manifest_is_canonical_json() -> None:
    entries = [Entry(DIGEST, "b", 4), Entry(DIGEST, "a/c", 4)]
    assert encode_manifest(entries) == canonical(entry("a/c"), entry("b"))
    assert decode_manifest(canonical(entry("a/c"), entry("b"))) == tuple(reversed(entries))


@pytest.mark.parametrize(
    "raw",
    [
        *(
            canonical(entry(path))
            for path in ("../x", "/x", "a/../../x", "a//x", "./x", "", "a/", "..", "a\\x", "a\x00", "x" * 256, "a\x7f")
        ),
        canonical(entry("a" + "/a" * 512)),
        canonical(),
        canonical(entry("b"), entry("a")),
        canonical(entry("a"), entry("a")),
        canonical(entry("A"), entry("a")),
        canonical(entry("a\u0308"), entry("\u00e4")),
        canonical(entry("a"), entry("a/b")),
        canonical(entry("a", size=-1)),
        canonical(entry("a", size="4")),
        canonical(entry("a", digest="sha256:short")),
        canonical(entry("a"), more=1),
        canonical(entry("a"), format="tenure/directory/2"),
        canonical(entry("a")) + b"\n",
        b"\xff",
        b"[]",
    ],
)
def test_a_manifest_that_no_push_would_have_made_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_manifest(raw)


@pytest.mark.parametrize("path", ["../escaped", "/tmp/escaped", "a/../../escaped"])
def test_a_manifest_that_leads_out_of_the_target_is_refused_though_it_is_sealed_and_named_rightly(
    path: str, tmp_path: Path
) -> None:
    store, source = hostile(tmp_path, canonical(entry(path)))
    with pytest.raises(ArtifactDamaged, match="the manifest"):
        store.pull(source.digest, tmp_path / "to" / "back")
    assert not (tmp_path / "to").exists()
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("size", [3, 5, 1_000_000])
def test_a_manifest_with_other_sizes_than_are_stored_is_refused(size: int, tmp_path: Path) -> None:
    store, source = hostile(tmp_path, canonical(entry("model", size=size)))
    with pytest.raises(ArtifactDamaged, match="lists other sizes"):
        store.pull(source.digest, tmp_path / "back")


def test_a_file_that_is_not_what_the_manifest_names_is_refused(tmp_path: Path) -> None:
    store, source = hostile(tmp_path, canonical(entry("model", digest=digest_of(b"good"))))
    with pytest.raises(ArtifactDamaged, match="file model has the digest"):
        store.pull(source.digest, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_manifest_that_the_digest_does_not_name_is_refused(tmp_path: Path) -> None:
    store, source = hostile(tmp_path, canonical(entry("model")), digest=DIGEST)
    with pytest.raises(ArtifactDamaged, match="the manifest has another digest"):
        store.pull(source.digest, tmp_path / "back")


def hostile(tmp_path: Path, manifest: bytes, digest: Digest | None = None) -> tuple[ArtifactStore, Source]:
    """Who has the keys, but not our code, pushed the content `evil` with this manifest."""
    file = tmp_path / "content"
    file.write_bytes(b"evil")
    whole = b"evil" + manifest
    pins = [sha256(whole[at : at + LAYOUT.part_bytes]).digest() for at in range(0, len(whole), LAYOUT.part_bytes)]
    source = Source(
        root=file,
        digest=digest or digest_of(manifest),
        files=(SourceFile(file, 4),),
        starts=(0, 4),
        manifest=manifest,
        layout=LAYOUT,
        pins=tuple(pins),
    )
    blobs, ring = Blobs.open(f"memory://{uuid4().hex}"), LocalKeyRing.open_or_make(tmp_path / "keys.json")
    push(blobs, ring, source)
    return ArtifactStore(blobs, ring, LAYOUT), source


def test_a_file_that_reads_as_a_stored_directory_s_manifest_is_not_taken_for_it(tmp_path: Path) -> None:
    """Both have the same digest; which of them it means must not depend on who came first."""
    store, source = hostile(tmp_path, canonical(entry("model")))
    (tmp_path / "manifest.json").write_bytes(source.manifest)
    with pytest.raises(StoredAsOther, match="directory"):
        store.push(tmp_path / "manifest.json")
