"""What do the commands say, and what do they leave?"""

from pathlib import Path

import pytest
from tenure.cli.main import app
from typer.testing import CliRunner, Result


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TENURE_ARTIFACTS", raising=False)
    monkeypatch.delenv("TENURE_KEYRING", raising=False)
    path = tmp_path / "model.bin"
    path.write_bytes(b"the weights")
    return path


def tenure(*words: object) -> Result:
    return CliRunner().invoke(app, ["artifacts", *map(str, words)])


def pushed(model: Path) -> str:
    answer = tenure("push", model)
    assert answer.exit_code == 0, answer.output
    return answer.stdout.strip()


def active_key() -> str:
    return next(line.split()[1] for line in tenure("keys", "list").stdout.splitlines() if "active" in line)


def test_push_prints_the_digest_alone_and_pull_brings_it_back(model: Path, tmp_path: Path) -> None:
    digest = pushed(model)
    answer = tenure("pull", digest, tmp_path / "back")
    assert answer.exit_code == 0
    assert (tmp_path / "back").read_bytes() == b"the weights"
    assert f"11 bytes, as {digest} says" in tenure("verify", digest).stdout


def test_the_first_push_tells_of_the_key_ring_and_the_second_that_nothing_was_sent(model: Path, tmp_path: Path) -> None:
    first, second = tenure("push", model), tenure("push", model)
    assert "Keep a copy" in first.stderr
    assert "Keep a copy" not in second.stderr
    assert "it was there already" in second.stderr
    assert (tmp_path / "home" / "keys.json").stat().st_mode & 0o777 == 0o600


def test_store_and_ring_are_where_the_environment_says(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_ARTIFACTS", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("TENURE_KEYRING", str(tmp_path / "ring.json"))
    pushed(model)
    assert (tmp_path / "elsewhere" / "headers").is_dir()
    assert (tmp_path / "ring.json").is_file()
    assert not (tmp_path / "home").exists()


def test_keys_are_rotated_rewrapped_and_forgotten_in_this_order(model: Path, tmp_path: Path) -> None:
    digest, old = pushed(model), active_key()
    assert "seals 1 artifacts" in tenure("keys", "forget", old).stderr
    assert tenure("keys", "rotate").exit_code == 0
    assert "seals 1 artifacts" in tenure("keys", "forget", old).stderr
    assert "1 keys are wrapped anew" in tenure("rewrap").stdout
    assert tenure("keys", "forget", old).exit_code == 0
    assert old not in tenure("keys", "list").stdout
    assert tenure("pull", digest, tmp_path / "back").exit_code == 0


def test_the_list_of_keys_shows_no_secret(model: Path, tmp_path: Path) -> None:
    pushed(model)
    secret = (tmp_path / "home" / "keys.json").read_text().partition('"secret":"')[2].partition('"')[0]
    assert len(secret) == 44
    assert secret not in tenure("keys", "list").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pull", "sha256:short", "back"), "64 lower-case hex digits"),
        (("verify", "sha256:" + "0" * 64), "There is no artifact"),
        (("push", "nowhere"), "nowhere can't be pushed"),
        (("keys", "forget", "local-none"), "no key local-none"),
    ],
)
def test_bad_input_is_one_line_and_exit_1(words: tuple[str, ...], says: str, model: Path) -> None:
    pushed(model)
    answer = tenure(*words)
    assert answer.exit_code == 1
    assert says in answer.stderr
    assert "Traceback" not in answer.output


def test_a_pull_without_a_ring_makes_none(model: Path, tmp_path: Path) -> None:
    answer = tenure("pull", "sha256:" + "0" * 64, tmp_path / "back")
    assert (answer.exit_code, "There is no key ring" in answer.stderr) == (1, True)
    assert not (tmp_path / "home" / "keys.json").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("dropbox://bucket", "artifacts-s3"),
        ("nonsense://bucket", "Protocol not known: nonsense"),
        ("s3://bucket", "Unable to locate credentials"),
    ],
)
def test_a_store_that_can_t_be_used_is_one_line(
    url: str, says: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TENURE_ARTIFACTS", url)
    answer = tenure("push", model)
    assert answer.exit_code == 1
    assert says in answer.stderr
    assert "Traceback" not in answer.output


def test_sweep_says_what_it_removed(model: Path) -> None:
    pushed(model)
    assert "0 parts are removed" in tenure("sweep").stdout
