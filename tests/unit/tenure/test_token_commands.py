"""What does somebody see who makes, rotates and lists tokens?"""

import os
from pathlib import Path

import pytest
from click.testing import Result
from tenure.cli import common
from tenure.cli.tokens import app
from tenure_service import TokenStore
from typer.testing import CliRunner


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TENURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    monkeypatch.setattr(common.console, "width", 200)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_rotating_prints_the_new_secret_and_the_list_shows_when_the_old_one_ends(home: Path) -> None:
    old = call("create", "ada", "--role", "engineer").output.strip()
    new = call("rotate", "ada", "--grace", "24h").output.strip()
    store = TokenStore(home / "tokens.json")
    opened, in_grace = store.principal(new), store.principal(old)
    assert opened is not None
    assert in_grace is not None
    assert opened.id == in_grace.id
    assert in_grace.expires_at is not None
    listed = call("list").output
    assert f"{in_grace.expires_at:%Y-%m-%d %H:%M}Z (old secret)" in listed
    assert "it is revoked" in listed


def test_the_file_with_the_owners_secret_follows_a_rotation(home: Path) -> None:
    store, kept = TokenStore(home / "tokens.json"), home / "owner-token"
    store.ensure_owner(kept)
    secret = call("rotate", "owner").output.strip()
    assert kept.read_text() == secret
    assert kept.stat().st_mode & 0o777 == 0o600
    assert store.principal(secret) == store.named("owner")


def test_rotating_another_leaves_the_owners_file_alone(home: Path) -> None:
    secret = TokenStore(home / "tokens.json").ensure_owner(home / "owner-token")
    call("create", "ada", "--role", "engineer")
    assert call("rotate", "ada").exit_code == 0
    assert (home / "owner-token").read_text() == secret


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rotate", "bob"), "There is no token named bob"),
        (("rotate", "ada", "--grace", "soon"), "'soon' is no duration: write 30m, 24h, 7d or 0"),
        (("rotate", "ada", "--grace", "31d"), "the grace is at most 30 days"),
        (("rotate", "ada", "--days", "0"), "has expired: say how long the new one is good for"),
    ],
)
def test_what_can_not_be_rotated_is_told_in_a_line_and_changes_nothing(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    call("create", "ada", "--role", "engineer")
    before = (home / "tokens.json").read_bytes()
    refused = call(*arguments)
    assert refused.exit_code != 0
    assert said in refused.output
    assert (home / "tokens.json").read_bytes() == before
