"""What is pushed, and what is refused?"""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_artifacts import Layout
from tenure_artifacts.digests import digest_of, parse_digest
from tenure_artifacts.errors import DigestMalformed, SourceChanged, SourceRefused, TooLarge
from tenure_artifacts.layout import MAX_PARTS
from tenure_artifacts.manifest import decode_manifest
from tenure_artifacts.source import measure

SMALL = Layout(chunk_bytes=4, part_chunks=2)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "a").mkdir(parents=True)
    (root / "a" / "b.bin").write_bytes(b"0123456789")
    (root / "z.bin").write_bytes(b"z")
    return root


def paths_of(root: Path) -> list[str]:
    return [entry.path for entry in decode_manifest(measure(root, SMALL).manifest)]


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(st.binary(max_size=50), min_size=1, max_size=5),
    layout=st.builds(Layout, chunk_bytes=st.integers(1, 20), part_chunks=st.integers(1, 4)),
)
def test_the_parts_are_the_files_one_after_the_other_and_then_the_manifest(
    files: list[bytes], layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for number, content in enumerate(files):
        (root / str(number)).write_bytes(content)
    source = measure(root, layout)
    parts = [source.part(number) for number in range(len(source.pins))]
    assert b"".join(parts) == b"".join(files) + source.manifest
    assert source.digest == digest_of(source.manifest)


def test_a_directory_is_named_by_its_paths_and_contents_alone(tree: Path, tmp_path: Path) -> None:
    before = measure(tree, SMALL).digest
    os.utime(tree / "z.bin", (0, 0))
    (tree / "z.bin").chmod(0o600)
    (tree / "nothing in it").mkdir()
    tree.rename(tmp_path / "elsewhere")
    assert measure(tmp_path / "elsewhere", SMALL).digest == before
    (tmp_path / "elsewhere" / "z.bin").rename(tmp_path / "elsewhere" / "y.bin")
    assert measure(tmp_path / "elsewhere", SMALL).digest != before


def test_a_link_within_the_tree_is_pushed_as_the_content_that_it_leads_to(tree: Path) -> None:
    (tree / "link").symlink_to("a/b.bin")
    assert paths_of(tree) == ["a/b.bin", "link", "z.bin"]


@pytest.mark.parametrize("to", ["../outside", "/etc/hostname", "a/../../outside", "nowhere", "link", "a", "."])
def test_a_link_to_anything_but_a_file_of_the_tree_is_refused(tree: Path, to: str) -> None:
    (tree.parent / "outside").write_bytes(b"secret")
    (tree / "link").symlink_to(to)
    with pytest.raises(SourceRefused, match="link"):
        measure(tree, SMALL)


def test_a_pipe_is_refused_and_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(SourceRefused, match="pipe can't be pushed: it is not a regular file"):
        measure(tree, SMALL)


@pytest.mark.parametrize("path", ["/dev/null", "/nowhere/at/all"])
def test_what_is_no_file_and_no_directory_is_refused(path: str) -> None:
    with pytest.raises(SourceRefused, match=path):
        measure(Path(path), SMALL)


def test_a_directory_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="1 to 100000 files, not 0"):
        measure(tmp_path, SMALL)


@pytest.mark.parametrize("name", [b"not-utf8-\xff", b"back\\slash", b"new\nline"])
def test_a_name_that_not_every_system_takes_is_refused(tree: Path, name: bytes) -> None:
    (tree / os.fsdecode(name)).touch()
    with pytest.raises(SourceRefused):
        measure(tree, SMALL)


@pytest.mark.parametrize("other", ["Z.BIN", "A", "z.bin/x"])
def test_two_files_that_are_one_where_case_does_not_count_are_refused(tree: Path, other: str) -> None:
    if other == "z.bin/x":
        (tree / "Z.bin").mkdir()
        (tree / "Z.bin" / "x").touch()
    else:
        (tree / other).touch()
    with pytest.raises(SourceRefused, match="stands in the way"):
        measure(tree, SMALL)


def test_a_file_that_grows_beyond_an_object_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(SMALL.part_bytes * MAX_PARTS + 1)
    with pytest.raises(TooLarge, match=str(SMALL.max_object_bytes)):
        measure(tmp_path / "huge", SMALL)


def test_a_file_with_more_in_it_than_it_says_is_refused() -> None:
    """As one that grows while it is read; this one always does."""
    with pytest.raises(SourceChanged):
        measure(Path("/proc/self/status"), SMALL)


@pytest.mark.parametrize("content", [b"0123456780", b"012345678", b""])
def test_a_file_that_changed_since_it_was_measured_is_not_handed_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"0123456789")
    source = measure(path, SMALL)
    path.write_bytes(content)
    with pytest.raises(SourceChanged):
        [source.part(number) for number in range(len(source.pins))]


def test_a_link_that_took_a_file_s_place_is_not_followed(tree: Path) -> None:
    source = measure(tree, SMALL)
    (tree / "z.bin").unlink()
    (tree / "z.bin").symlink_to("/etc/hostname")
    with pytest.raises(SourceRefused):
        source.part(1)


@pytest.mark.parametrize(
    ("chunk_bytes", "part_chunks"), [(0, 1), (1, 0), (1, 65_536), (16 * 1_048_576 + 1, 1), (16 * 1_048_576, 17)]
)
def test_a_layout_has_limits(chunk_bytes: int, part_chunks: int) -> None:
    with pytest.raises(ValueError, match="not"):
        Layout(chunk_bytes=chunk_bytes, part_chunks=part_chunks)


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:" + "A" * 64, "sha256:" + "a" * 63, "md5:" + "a" * 32, "../x"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(DigestMalformed, match="64 lower-case hex digits"):
        parse_digest(text)
