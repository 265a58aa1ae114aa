"""Tries follow each other at once here; commands meet a registry of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from tenure.cli import common

from tests.unit.tenure.serving import Served, served
from tests.unit.tenure.words import Tenure


@pytest.fixture(autouse=True)
def no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5):
        yield


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def tenure(platform: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tenure:
    """The command line, on that registry, as the engineer if nothing else is said."""
    for name in [name for name in os.environ if name.startswith("TENURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TENURE_URL", platform.origin)
    monkeypatch.setattr(common.console, "width", 240)
    return Tenure(platform)
