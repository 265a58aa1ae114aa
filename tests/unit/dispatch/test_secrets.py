"""Are the secrets of subscriptions sealed so that only their own key, for their own subscription, opens them?"""

from base64 import b64encode
from pathlib import Path

import pytest
from tenure_artifacts import LocalKeyRing
from tenure_dispatch.subscription.secrets import Sealer, SealUnavailable

OWN, OTHER = (f"main:{b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


@pytest.fixture(params=["its own key", "the platform's file"])
def sealer(request: pytest.FixtureRequest, tmp_path: Path) -> Sealer:
    path = tmp_path / "master-keys.json"
    if request.param == "its own key":
        return Sealer(path, OWN)
    LocalKeyRing.open_or_make(path)
    return Sealer(path)


def test_what_was_sealed_is_opened_for_its_subscription_and_for_no_other(sealer: Sealer) -> None:
    wrapped = sealer.seal("ci", "whsec_x")
    assert sealer.open("ci", wrapped.key, wrapped.sealed) == "whsec_x"
    with pytest.raises(SealUnavailable):
        sealer.open("chat", wrapped.key, wrapped.sealed)
    assert b"whsec_x" not in wrapped.sealed


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    wrapped = Sealer(tmp_path / "none", OWN).seal("ci", "whsec_x")
    with pytest.raises(SealUnavailable):
        Sealer(tmp_path / "none", OTHER).open("ci", wrapped.key, wrapped.sealed)


def test_without_a_key_it_says_so_and_a_key_is_never_shown(tmp_path: Path) -> None:
    with pytest.raises(SealUnavailable):
        Sealer(tmp_path / "none").seal("ci", "whsec_x")
    assert OWN not in repr(Sealer(tmp_path / "none", OWN))
