"""Would the linters of the field take the compose file and the image's recipe?"""

from pathlib import Path
from typing import Any

import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

ROOT = Path(__file__).parents[3]
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_yamllint_has_nothing_to_say_of_the_compose_file() -> None:
    rules = YamlLintConfig("{extends: default, rules: {line-length: {max: 120}, document-start: disable}}")
    assert list(linter.run(COMPOSE, rules)) == []


def test_registry_and_rollout_run_twice_and_all_services_are_there() -> None:
    replicas = {name: service.get("deploy", {}).get("replicas", 1) for name, service in services().items()}
    assert {n: replicas[n] for n in ("registry", "context-sync", "rollout", "monitor")} == {
        "registry": 2,
        "context-sync": 1,
        "rollout": 2,
        "monitor": 1,
    }


def test_every_image_is_pinned() -> None:
    for name, service in services().items():
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name


def test_only_the_proxy_has_a_port_and_it_is_on_the_loopback_interface() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert ports == {"proxy": ["127.0.0.1:8600:8600"]}


def test_the_image_runs_as_nobody_special_and_its_dependencies_are_hash_pinned() -> None:
    recipe = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert "USER 10001" in recipe
    assert recipe.count("--require-hashes") == 2
