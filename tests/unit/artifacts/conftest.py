"""Memory stores and one key ring for many examples."""

from pathlib import Path

import pytest
from tenure_artifacts import LocalKeyRing


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that a module's examples share."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def ring(desk: Path) -> LocalKeyRing:
    return LocalKeyRing.open_or_make(desk / "keys.json")
