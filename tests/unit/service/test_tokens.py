"""Who gets in, and with what rights?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tenure_service import Principal, TokenStore, tokens

from tests.unit.service.desk import Desk


def test_a_token_opens_for_the_principal_it_was_made_for(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    secret = store.create("ada", ["engineer"])
    assert store.principal(secret) == store.named("ada")
    assert store.principal(secret + "x") is None


def test_the_file_is_its_owners_alone_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    secret = TokenStore(path).create("ada", ["engineer"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret.removeprefix("tnr_") not in path.read_text()


def test_an_expired_token_opens_nothing(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert store.principal(store.create("ada", ["engineer"], expires_at=past)) is None


def test_a_token_made_by_another_process_is_good_at_once(tmp_path: Path) -> None:
    running = TokenStore(tmp_path / "tokens.json")
    assert running.principal("anything") is None
    secret = TokenStore(tmp_path / "tokens.json").create("ada", ["engineer"])
    assert running.principal(secret) == running.named("ada")


def test_a_token_taken_out_of_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LOOK_AGAIN_SECONDS", 0)
    store = TokenStore(tmp_path / "tokens.json")
    secret = store.create("ada", ["engineer"])
    tokens.write_private(tmp_path / "tokens.json", b"{}")
    assert store.principal(secret) is None


def test_two_processes_that_make_tokens_lose_none(tmp_path: Path) -> None:
    one, other = TokenStore(tmp_path / "tokens.json"), TokenStore(tmp_path / "tokens.json")
    one.create("ada", ["engineer"])
    other.create("bob", ["viewer"])
    one.create("eve", ["viewer"])
    assert [principal.name for principal in other.all()] == ["ada", "bob", "eve"]


def test_a_name_is_given_once(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    store.create("ada", ["engineer"])
    with pytest.raises(ValueError, match="there is a token named 'ada'"):
        store.create("ada", ["viewer"])


@pytest.mark.parametrize(("roles", "kind"), [(["approver"], None), (["engineer"], "risk")])
def test_an_approver_and_nobody_else_has_a_kind(tmp_path: Path, roles: list[tokens.Role], kind: None) -> None:
    with pytest.raises(ValueError, match="an approver, and nobody else, has a kind"):
        TokenStore(tmp_path / "tokens.json").create("ada", roles, kind)


def test_the_owner_keeps_its_token_over_restarts(tmp_path: Path) -> None:
    path, secret_path = tmp_path / "tokens.json", tmp_path / "owner.token"
    secret = TokenStore(path).ensure_owner(secret_path)
    assert TokenStore(path).ensure_owner(secret_path) == secret
    assert secret_path.stat().st_mode & 0o777 == 0o600


def test_an_admin_may_do_everything_but_approve() -> None:
    admin = Principal(id="p-1", name="admin", roles=frozenset({"admin"}))
    assert [role for role in tokens.ROLES if not admin.may(role)] == ["approver"]


def test_a_revoked_token_is_refused_and_its_name_is_free_for_another_principal(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    secret, kept = store.create("ada", ["engineer"]), store.create("bob", ["viewer"])
    before = store.named("ada")
    store.revoke("ada")
    assert store.principal(secret) is None
    assert store.principal(kept) == store.named("bob")
    again = store.create("ada", ["engineer"])
    assert store.principal(secret) is None
    assert store.principal(again) == store.named("ada")
    assert store.named("ada").id != before.id


def test_a_running_service_refuses_what_another_process_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_AGAIN_SECONDS", 0)
    running = TokenStore(tmp_path / "tokens.json")
    secret = running.create("ada", ["engineer"])
    assert running.principal(secret) is not None
    TokenStore(tmp_path / "tokens.json").revoke("ada")
    assert running.principal(secret) is None


async def test_a_service_answers_a_revoked_token_with_401(desk: Desk) -> None:
    assert (await desk.model()).status_code == 201
    desk.tokens.revoke("engineer")
    refused = await desk.model("another")
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:tenure:problem:unauthenticated")
    assert desk.runtime.replica.accepted == 1


def test_only_a_token_that_is_there_is_revoked(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="ada"):
        TokenStore(tmp_path / "tokens.json").revoke("ada")


def test_an_owner_whose_token_was_revoked_gets_another_at_the_next_start(tmp_path: Path) -> None:
    path, secret_path = tmp_path / "tokens.json", tmp_path / "owner.token"
    secret = TokenStore(path).ensure_owner(secret_path)
    TokenStore(path).revoke("owner")
    another = TokenStore(path).ensure_owner(secret_path)
    assert TokenStore(path).principal(secret) is None
    assert TokenStore(path).principal(another) == TokenStore(path).named("owner")


def test_a_token_file_from_before_families_opens_as_it_did(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    secret = TokenStore(path).create("ada", ["engineer"])
    entries = msgspec.json.decode(path.read_bytes())
    for entry in entries.values():
        del entry["families"]
    tokens.write_private(path, msgspec.json.encode(entries))
    found = TokenStore(path).principal(secret)
    assert found is not None
    assert found.families is None
