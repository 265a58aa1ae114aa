"""Would docker-compose take the compose file, and does it run what the design says?"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tenure.services import MODULES

from tests.contract.deploy.linting import ROOT, said_by

COMPOSE = (ROOT / "docker-compose.yml").read_text()
SECRETS = {"POSTGRES_PASSWORD": "p", "TENURE_MASTER_KEY": "first:" + "A" * 43 + "="}


def services() -> dict[str, dict[str, Any]]:
    """As they are written, anchors and merges resolved."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_yamllint_has_nothing_to_say_of_any_file() -> None:
    assert said_by("yamllint", "--strict", ".") == (0, "")


def test_docker_compose_reads_it_and_finds_every_service() -> None:
    assert said_by("docker-compose", "config", "--quiet", environment=SECRETS) == (0, "")
    code, listed = said_by("docker-compose", "config", "--services", environment=SECRETS)
    assert (code, set(listed.split())) == (0, {"kafka", "postgres", "keys", "topics", "proxy", *MODULES})


def test_docker_compose_refuses_a_word_that_it_does_not_know(tmp_path: Path) -> None:
    """So that a pass of the test above means something."""
    typo = tmp_path / "docker-compose.yml"
    typo.write_text("services: {registry: {image: tenure, comand: [tenure]}}")
    code, told = said_by("docker-compose", "--file", str(typo), "config", "--quiet")
    assert code != 0
    assert "comand" in told


@pytest.mark.parametrize("secret", SECRETS)
def test_without_a_secret_it_says_which_one_to_set(secret: str) -> None:
    code, told = said_by("docker-compose", "config", "--quiet", environment={**SECRETS, secret: ""})
    assert code != 0
    assert f"set {secret}" in told


def test_the_keys_of_personal_data_are_in_a_database_of_their_own() -> None:
    told = services()["context-sync"]["environment"]
    assert told["TENURE_SUBJECT_KEYS"].endswith("@keys:5432/keys")
    assert told["TENURE_DATABASE"].endswith("@postgres:5432/tenure")
    assert [name for name, one in services().items() if "TENURE_MASTER_KEY" in one.get("environment", {})] == [
        "context-sync"
    ]


def test_registry_and_rollout_run_twice_and_all_services_are_there() -> None:
    replicas = {name: service.get("deploy", {}).get("replicas", 1) for name, service in services().items()}
    twice = {"registry", "rollout"}
    assert {name: replicas[name] for name in MODULES} == {name: 2 if name in twice else 1 for name in MODULES}


def test_every_image_is_pinned() -> None:
    for name, service in services().items():
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name


def test_only_the_proxy_has_a_port_and_it_is_on_the_loopback_interface() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert ports == {"proxy": ["127.0.0.1:8600:8600"]}
