"""What does somebody see who ends a version's life, step by step, by the command line?"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from tenure.client import Client

from tests.unit.tenure.words import Tenure

LATER = (datetime.now(UTC) + timedelta(days=30)).isoformat()
ENDLESS = {
    "title": "Kept long",
    "retention_days": 3_000,
    "transitions": [{"stage": "production", "asked_by": ["engineer"]}],
}


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    path.write_bytes(b"the weights")
    return path


@pytest.fixture
def digest(tenure: Tenure, artifact: Path) -> str:
    """Version 1 of fraud, whose artifact is in the store; its digest."""
    found = tenure.done("artifacts push", artifact).strip()
    tenure.done("models create fraud")
    tenure.done(f"versions register fraud 1 --digest {found}")
    return found


def archived(tenure: Tenure, model: str = "fraud", version: str = "1") -> None:
    tenure.done(f"versions retire {model} {version} --reason", "never used")
    assert "The manifest is sha256:" in tenure.done(f"versions archive {model} {version}")


def test_a_life_ends_with_notice_acknowledgement_and_clean_up(tenure: Tenure, digest: str) -> None:
    tenure.done("models consumers add fraud checkout")
    tenure.done(f"versions deprecate fraud 1 --sunset {LATER} --reason", "a better one is there")
    tenure.done("versions acknowledge fraud 1 --consumer checkout")
    assert tenure.refused("versions retire fraud 1 --reason", "now").startswith("sunset-ahead: ")
    tenure.done("versions retire fraud 1 --reason over --force", "an incident", by="admin")
    tenure.done("versions archive fraud 1")
    tenure.done("versions clean-up fraud 1 features --note", "dropped")
    ending = tenure.json("versions show fraud 1")["ending"]
    assert set(ending["acknowledged"]) == {"checkout"}
    assert set(ending["cleaned"]) == {"features"}


def test_what_is_out_of_order_is_refused_with_the_step_that_comes_first(tenure: Tenure, digest: str) -> None:
    assert "`tenure versions retire` comes first." in tenure.refused("versions archive fraud 1")
    assert "`tenure versions archive` comes first." in tenure.refused(
        "versions destroy fraud 1 --yes --reason x", by="admin"
    )


def test_destroying_leaves_no_bytes_and_a_proof_on_the_record(tenure: Tenure, digest: str) -> None:
    archived(tenure)
    assert "the proof is on the record" in tenure.done(
        "versions destroy fraud 1 --yes --reason", "it is over", by="admin"
    )
    assert "was destroyed" in tenure.refused(f"artifacts verify {digest}")
    shown = tenure.json("versions show fraud 1")
    assert shown["stage"] == "destroyed"
    again = tenure.done("versions destroy fraud 1 --yes --reason", "it is over", by="admin")
    assert again == f"fraud 1 was destroyed; the proof is {shown['ending']['proof_digest']}.\n"


def test_a_destruction_that_was_cut_off_before_its_proof_was_recorded_goes_on(
    tenure: Tenure, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(tenure)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(Client, "post", killed)
        assert tenure("versions destroy fraud 1 --yes --reason first", by="admin").exit_code != 0
    assert "was destroyed" in tenure.refused(f"artifacts verify {digest}")
    assert tenure.json("versions show fraud 1")["stage"] == "archived"
    tenure.done("versions destroy fraud 1 --yes --reason second", by="admin")
    assert tenure.json("versions show fraud 1")["stage"] == "destroyed"


@pytest.mark.parametrize("rule", ["on-legal-hold", "retention-not-over", "artifact-shared", "role-missing"])
def test_where_the_registry_says_no_the_store_is_not_touched(
    tenure: Tenure, digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    archived(tenure)
    if rule == "on-legal-hold":
        tenure.done("models hold fraud --reason", "a case", by="admin")
    if rule == "retention-not-over":
        (tmp_path / "endless.yaml").write_text(yaml.safe_dump(ENDLESS))
        tenure.done("policies publish", tmp_path / "endless.yaml", by="approver")
        tenure.done("models change fraud --policy endless")
    if rule == "artifact-shared":
        tenure.done("models create other")
        tenure.done(f"versions register other 7 --digest {digest}")
    by = "engineer" if rule == "role-missing" else "admin"
    said = tenure.refused("versions destroy fraud 1 --yes --reason x", by=by)
    assert said.startswith(f"{rule}: ")
    assert "11 bytes" in tenure.done(f"artifacts verify {digest}")


def test_shared_bytes_go_when_each_version_that_has_them_may_go(tenure: Tenure, digest: str) -> None:
    tenure.done("models create other")
    tenure.done(f"versions register other 7 --digest {digest}")
    archived(tenure)
    archived(tenure, "other", "7")
    tenure.done("versions destroy fraud 1 --yes --reason x", by="admin")
    tenure.done("versions destroy other 7 --yes --reason x", by="admin")
    assert tenure.json("versions show other 7")["stage"] == "destroyed"


def test_who_does_not_confirm_destroys_nothing(tenure: Tenure, digest: str) -> None:
    archived(tenure)
    assert tenure("versions destroy fraud 1 --reason x", by="admin").exit_code == 1
    assert "11 bytes" in tenure.done(f"artifacts verify {digest}")


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/model.bin"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(b"the weights")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def shop() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_each_locator_is_read_to_its_end_and_what_was_found_is_recorded(
    tenure: Tenure, digest: str, artifact: Path, shop: str, tmp_path: Path
) -> None:
    (tmp_path / "other.bin").write_bytes(b"other weights")
    locators = {
        artifact.as_uri(): "verified",
        (tmp_path / "other.bin").as_uri(): "differs",
        (tmp_path / "gone.bin").as_uri(): "unverified",
        f"{shop}/model.bin": "verified",
        f"{shop}/gone.bin": "unverified",
        f"artifact://{digest}": "verified",
        f"artifact://sha256:{'0' * 64}": "unverified",
        "pkg:mlflow/fraud@3": "unverified",
        "nosuch://place/model": "unverified",
    }
    words = [word for locator in locators for word in ("--locator", locator)]
    tenure.done(f"versions register fraud 2 --digest {digest}", *words)
    result = tenure("versions locators check fraud 2")
    assert result.exit_code == 1
    recorded = {one["locator"]: one["outcome"] for one in tenure.json("versions show fraud 2")["locators"]}
    assert recorded == locators


def test_what_is_too_long_to_be_read_to_its_end_is_never_verified(tenure: Tenure, digest: str, artifact: Path) -> None:
    tenure.done(f"versions register fraud 2 --digest {digest} --locator {artifact.as_uri()}")
    result = tenure("versions locators check fraud 2 --most-bytes 10")
    assert "raise --most-bytes" in result.stdout
    assert tenure.json("versions show fraud 2")["locators"][0]["outcome"] == "unverified"
    tenure.done("versions locators check fraud 2 --most-bytes 11")
    assert tenure.json("versions show fraud 2")["locators"][0]["outcome"] == "verified"


def test_a_directory_has_the_digest_that_the_store_gives_it(tenure: Tenure, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_bytes(b"w")
    digest = tenure.done("artifacts push", folder).strip()
    tenure.done("models create fraud")
    tenure.done("versions register fraud 1 --locator", folder.as_uri(), "--file", folder)
    assert tenure.json("versions show fraud 1")["artifact_digest"] == digest
    tenure.done("versions locators check fraud 1")
