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


DAY = timedelta(days=1)


def test_a_rotated_token_opens_for_the_same_principal_and_the_old_one_does_so_for_its_grace(tmp_path: Path) -> None:
    hands = [datetime.now(UTC)]
    store = TokenStore(tmp_path / "tokens.json", lambda: hands[0])
    old = store.create("ada", ["engineer"], families=["flights"])
    before = store.named("ada")
    new = store.rotate("ada", DAY)
    assert store.principal(new) == store.named("ada") == before
    in_grace = store.principal(old)
    assert in_grace is not None
    assert (in_grace.id, in_grace.roles, in_grace.families) == (before.id, before.roles, before.families)
    hands[0] += DAY - timedelta(seconds=1)
    assert store.principal(old) == in_grace
    hands[0] += timedelta(seconds=1)
    assert store.principal(old) is None
    assert store.principal(new) == before


def test_without_a_grace_the_old_secret_is_refused_at_once(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    old = store.create("ada", ["engineer"])
    new = store.rotate("ada", timedelta(0))
    assert store.principal(old) is None
    assert [store.principal(new)] == list(store.all())


def test_nobody_has_more_than_two_secrets_and_nobody_is_cut_off_unawares(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    first = store.create("ada", ["engineer"])
    second = store.rotate("ada", DAY)
    with pytest.raises(ValueError, match="a grace of 0 ends all but the new one"):
        store.rotate("ada", DAY)
    assert [one.superseded for one in store.all()] == [False, True]
    third = store.rotate("ada", timedelta(0))
    assert [store.principal(secret) is not None for secret in (first, second, third)] == [False, False, True]
    store.rotate("ada", DAY)


def test_a_secret_whose_grace_is_over_is_in_nobodys_way(tmp_path: Path) -> None:
    hands = [datetime.now(UTC)]
    store = TokenStore(tmp_path / "tokens.json", lambda: hands[0])
    store.create("ada", ["engineer"])
    store.rotate("ada", DAY)
    hands[0] += DAY
    store.rotate("ada", DAY)
    assert [one.superseded for one in store.all()] == [False, True]


@pytest.mark.parametrize("grace", [timedelta(seconds=-1), tokens.MOST_GRACE + timedelta(seconds=1)])
def test_a_grace_has_bounds(tmp_path: Path, grace: timedelta) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    store.create("ada", ["engineer"])
    with pytest.raises(ValueError, match="the grace is at most 30 days"):
        store.rotate("ada", grace)


def test_a_grace_makes_no_secret_good_for_longer_than_it_was(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    end = datetime.now(UTC) + timedelta(hours=1)
    store.create("ada", ["engineer"], expires_at=end)
    store.rotate("ada", DAY, expires_at=end + DAY)
    assert [one.expires_at for one in store.all()] == [end + DAY, end]


def test_an_expired_token_is_rotated_only_to_one_that_is_good(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    past = datetime.now(UTC) - timedelta(seconds=1)
    old = store.create("ada", ["engineer"], expires_at=past)
    with pytest.raises(ValueError, match="has expired: say how long the new one is good for"):
        store.rotate("ada", DAY)
    new = store.rotate("ada", DAY, expires_at=past + DAY)
    assert store.principal(new) == store.named("ada")
    assert store.principal(old) is None


def test_only_a_token_that_is_there_is_rotated(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="ada"):
        TokenStore(tmp_path / "tokens.json").rotate("ada", DAY)


def test_revoking_ends_both_secrets(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    old = store.create("ada", ["engineer"])
    new = store.rotate("ada", DAY)
    store.revoke("ada")
    assert (store.principal(old), store.principal(new)) == (None, None)


def test_an_owner_whose_secret_was_lost_gets_another_and_stays_who_it_is(tmp_path: Path) -> None:
    path, secret_path = tmp_path / "tokens.json", tmp_path / "owner.token"
    TokenStore(path).ensure_owner(secret_path)
    before = TokenStore(path).named("owner")
    secret_path.unlink()
    secret = TokenStore(path).ensure_owner(secret_path)
    assert TokenStore(path).principal(secret) == before


async def test_what_both_secrets_do_is_one_principals(desk: Desk) -> None:
    assert (await desk.model("one")).status_code == 201
    desk.secrets["renewed"] = desk.tokens.rotate("engineer", DAY)
    assert (await desk.model("two", by="renewed")).status_code == 201
    assert (await desk.model("three", by="engineer")).status_code == 201
    events = [await desk.runtime.replica.events(f"registry/model/{name}") for name in ("one", "two", "three")]
    assert {meta.auth_id for [(meta, _)] in events} == {desk.tokens.named("engineer").id}
