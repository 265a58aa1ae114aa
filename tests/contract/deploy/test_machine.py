"""Do a commit, `make test` and CI ask the same questions, and does CI install what they need?"""

import re
import subprocess
from typing import Any

import yaml

from tests.contract.deploy.linting import DEBIAN_PACKAGES, ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
CI = (ROOT / ".ci/run").read_text()
[HOOKS] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


def recipe(target: str) -> list[str]:
    """A target's commands, as they run."""
    found = re.search(rf"^{target}:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    assert found, target
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_a_commit_is_asked_what_make_lint_asks() -> None:
    hooks: list[dict[str, Any]] = HOOKS["hooks"]
    assert [hook["entry"] for hook in hooks] == recipe("lint")


def test_hooks_fetch_nothing() -> None:
    assert HOOKS["repo"] == "local"
    assert {hook["language"] for hook in HOOKS["hooks"]} == {"system"}


def test_make_test_lints_and_ci_runs_it_and_the_hooks() -> None:
    assert re.search(r"^test: lint$", MAKEFILE, re.MULTILINE)
    assert recipe("hooks") == [".venv/bin/pre-commit run --all-files"]
    assert {"hooks", "test"} <= set(re.findall(r"^make (.+)$", CI, re.MULTILINE))


def test_every_target_that_is_declared_is_there() -> None:
    declared = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert declared
    assert [target for target in declared[1].split() if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)] == []


def test_ci_installs_each_tool_that_a_test_would_be_skipped_without() -> None:
    """And where it is missing all the same, TENURE_REQUIRE=all makes the skip a failure."""
    assert "export CI=true TENURE_REQUIRE=all" in CI
    for tool, package in {**DEBIAN_PACKAGES, "java": "openjdk-17-jre-headless", "mvn": "maven"}.items():
        assert f"command -v {tool} >/dev/null || missing+=({package})" in CI


def test_the_ci_script_is_a_shell_script() -> None:
    subprocess.run(["bash", "-n", str(ROOT / ".ci/run")], check=True)
    assert (ROOT / ".ci/run").stat().st_mode & 0o100
