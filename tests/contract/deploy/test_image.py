"""Is the image's recipe one that the field's linter takes, and does the image run as nobody special?"""

import re
from pathlib import Path

import yaml

from tests.contract.deploy.linting import ROOT, said_by

DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
RECIPE = DOCKERFILE.read_text()


def test_hadolint_has_nothing_to_say_of_the_recipe() -> None:
    assert said_by("hadolint", "--failure-threshold", "style", str(DOCKERFILE)) == (0, "")


def test_hadolint_would_have_said_something_of_a_bad_one(tmp_path: Path) -> None:
    """So that silence means something."""
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN cd /srv && apt-get install curl\n")
    code, told = said_by("hadolint", str(bad))
    assert code != 0
    assert {"DL3006", "DL3008", "DL3003"} <= set(re.findall(r"DL\d+", told))


def test_the_service_has_no_rights_and_its_dependencies_are_hash_pinned() -> None:
    last_stage = RECIPE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001"]
    installs = re.findall(r"pip install [^\\\n&]+", RECIPE)
    assert installs
    assert all("--require-hashes" in install or "--no-deps ." in install for install in installs)


def test_the_service_may_write_where_its_token_file_goes() -> None:
    """A named volume takes the owner of the image's directory; where there is none it is root's."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["registry"]
    folder = Path(compose["environment"]["TENURE_TOKENS"]).parent
    assert compose["volumes"] == [f"tokens:{folder}"]
    assert f"install --directory --owner tenure --mode 0700 {folder}" in RECIPE
