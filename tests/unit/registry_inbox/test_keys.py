"""Whose is a key, for how long, and who may read it?"""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tenure_registry.inbox import keys as keys_module
from tenure_registry.inbox.errors import KeysExposed, NotTaken
from tenure_registry.inbox.keys import InboxKeys, keys_beside
from tenure_service import TokenStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def tokens(tmp_path: Path) -> TokenStore:
    made = TokenStore(tmp_path / "tokens.json")
    made.create("trainer", ["producer"])
    return made


@pytest.fixture
def keys(tmp_path: Path, tokens: TokenStore) -> InboxKeys:
    return InboxKeys(tokens, keys_beside(tmp_path / "tokens.json"), lambda: NOW)


def test_a_key_speaks_for_its_tokens_principal_with_the_roles_of_now(keys: InboxKeys, tokens: TokenStore) -> None:
    key, secret = keys.create("trainer")
    found, principal = keys.find(key, NOW)
    assert (found.secret, principal) == (secret, tokens.named("trainer"))


def test_a_key_is_for_a_token_that_is_there(keys: InboxKeys) -> None:
    with pytest.raises(KeyError):
        keys.create("nobody")


def test_only_its_owner_may_read_the_file(keys: InboxKeys, tmp_path: Path) -> None:
    keys.create("trainer")
    path = keys_beside(tmp_path / "tokens.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(KeysExposed, match="chmod 600"):
        keys.all()


def test_a_key_is_good_for_what_was_recorded_before_its_end(keys: InboxKeys) -> None:
    key, _ = keys.create("trainer", NOW + DAY)
    assert keys.find(key, NOW + DAY - timedelta(microseconds=1))
    with pytest.raises(NotTaken):
        keys.find(key, NOW + DAY)


def test_a_rotated_key_lives_on_for_its_grace_and_the_new_one_as_long_as_it_would_have(keys: InboxKeys) -> None:
    old, old_secret = keys.create("trainer", NOW + 10 * DAY)
    new, new_secret = keys.rotate(old, DAY)
    assert new_secret != old_secret
    assert {id_: key.expires_at for id_, key in keys.all().items()} == {old: NOW + DAY, new: NOW + 10 * DAY}
    assert keys.find(new, NOW)[1] == keys.find(old, NOW)[1]


def test_a_grace_makes_no_key_live_longer(keys: InboxKeys) -> None:
    old, _ = keys.create("trainer", NOW + DAY)
    keys.rotate(old, 7 * DAY)
    assert keys.all()[old].expires_at == NOW + DAY


def test_an_expired_key_is_not_rotated(keys: InboxKeys) -> None:
    old, _ = keys.create("trainer", NOW)
    with pytest.raises(ValueError, match="expired"):
        keys.rotate(old, DAY)


def test_a_revoked_key_is_gone_in_every_process(keys: InboxKeys, tokens: TokenStore, tmp_path: Path) -> None:
    key, _ = keys.create("trainer")
    elsewhere = InboxKeys(tokens, keys_beside(tmp_path / "tokens.json"), lambda: NOW)
    assert elsewhere.find(key, NOW)
    keys.revoke(key)
    with pytest.raises(NotTaken):
        elsewhere.find(key, NOW)


def test_there_are_so_many_keys_and_no_more(keys: InboxKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "MOST_KEYS", 1)
    keys.create("trainer")
    with pytest.raises(ValueError, match="revoke"):
        keys.create("trainer")
