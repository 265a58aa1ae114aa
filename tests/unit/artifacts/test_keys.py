"""Are keys kept, and kept to oneself?"""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tenure_artifacts import LocalKeyRing, WrappedKey
from tenure_artifacts.errors import KeyInUse, KeyRingExposed, KeyRingMissing, KeyRingUnreadable, KeyUnknown
from tenure_artifacts.keys import KeyId

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DATA_KEY = bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_ring_is_made_for_its_owner_alone_and_once(path: Path) -> None:
    made = LocalKeyRing.open_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert LocalKeyRing.open_or_make(path).active == LocalKeyRing.open(path).active == made.active


def test_rings_made_at_once_are_one(path: Path) -> None:
    start, found = threading.Barrier(4), []

    def make() -> None:
        start.wait()
        found.append(LocalKeyRing.open_or_make(path).active)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_ring_that_others_can_read_is_not_used(path: Path, mode: int) -> None:
    LocalKeyRing.open_or_make(path)
    path.chmod(mode)
    with pytest.raises(KeyRingExposed, match=f"mode {mode:o}"):
        LocalKeyRing.open(path)


def test_a_ring_is_never_made_anew_where_one_is_asked_for(path: Path) -> None:
    with pytest.raises(KeyRingMissing, match="TENURE_KEYRING"):
        LocalKeyRing.open(path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"active": "a", "keys": {}}', b'{"active": "a", "keys": {"a": {"secret": "AAAA"}}}']
)
def test_a_damaged_ring_is_told(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(content)
    with pytest.raises(KeyRingUnreadable, match=r"keys\.json"):
        LocalKeyRing.open(path)


def test_a_key_comes_out_of_its_wrap_in_its_own_context_only(path: Path) -> None:
    ring = LocalKeyRing.open_or_make(path)
    wrapped = ring.wrap(DATA_KEY, b"object")
    assert ring.unwrap(wrapped, b"object") == DATA_KEY
    assert ring.unwrap(wrapped, b"another") is None
    assert ring.unwrap(WrappedKey(wrapped.key, b"short"), b"object") is None


def test_two_wraps_of_a_key_differ(path: Path) -> None:
    ring = LocalKeyRing.open_or_make(path)
    assert ring.wrap(DATA_KEY, b"object") != ring.wrap(DATA_KEY, b"object")


def test_a_retired_key_still_unwraps_and_a_forgotten_one_does_not(path: Path) -> None:
    ring = LocalKeyRing.open_or_make(path)
    wrapped = ring.wrap(DATA_KEY, b"object")
    new = ring.rotate(NOW)
    assert ring.wrap(DATA_KEY, b"object").key == new
    assert LocalKeyRing.open(path).unwrap(wrapped, b"object") == DATA_KEY
    assert ring.keys()[wrapped.key].retired_at == NOW
    ring.forget(wrapped.key)
    with pytest.raises(KeyUnknown, match=wrapped.key):
        LocalKeyRing.open(path).unwrap(wrapped, b"object")


def test_the_active_key_is_not_forgotten(path: Path) -> None:
    ring = LocalKeyRing.open_or_make(path)
    with pytest.raises(KeyInUse, match="rotate first"):
        ring.forget(ring.active)


def test_a_key_that_another_process_made_is_found(path: Path) -> None:
    running = LocalKeyRing.open_or_make(path)
    other = LocalKeyRing.open(path)
    other.rotate(NOW)
    assert running.unwrap(other.wrap(DATA_KEY, b"object"), b"object") == DATA_KEY
    with pytest.raises(KeyUnknown):
        running.unwrap(WrappedKey(KeyId("local-none"), bytes(60)), b"object")


def test_a_key_in_a_log_line_shows_no_secret(path: Path) -> None:
    ring = LocalKeyRing.open_or_make(path)
    key = ring.keys()[ring.active]
    assert repr(key.secret) not in repr(ring.keys())
