"""What does somebody see who asks what the judge said, and has it computed again?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import Result
from tenure.cli import judgements
from tenure.cli.main import app
from typer.testing import CliRunner

from tests.unit.rollout.judging.test_replaying import harmful

PATH = "/rollout/v1/deployments/delays@production/rollouts/canary/judgements"


class Rollout:
    """A client of a rollout service with these deployments, and these judgements of the canary."""

    def __init__(self, deployments: list[dict[str, Any]], *told: dict[str, Any]) -> None:
        items = [{"sequence": 7, "judgement": one | {"judged_at": "2026-11-24T12:00:00Z"}} for one in told]
        self._answers = {PATH: {"items": items}, "/rollout/v1/deployments": {"items": deployments, "next": None}}

    def get(self, path: str, **query: object) -> Any:
        return self._answers[path]


ACTIVE = {"deployment": "delays@production", "ended": {}, "active": {"rollout": "canary"}}
ENDED = {"deployment": "delays@staging", "ended": {"canary": "aborted"}, "active": None}


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    def asked(line: str, *deployments: dict[str, Any], told: list[dict[str, Any]]) -> Result:
        @contextmanager
        def asking() -> Iterator[Rollout]:
            yield Rollout(list(deployments), *told)

        monkeypatch.setattr(judgements, "asking", asking)
        return CliRunner().invoke(app, line.split())

    return asked


def test_a_verdict_that_follows_from_its_event_is_the_same(ask: Any) -> None:
    result = ask("rollouts replay canary", ACTIVE, told=[harmful()])
    assert (result.exit_code, result.stdout) == (0, "#7 2026-11-24T12:00:00Z abort: same\n")


def test_one_that_does_not_is_told_with_what_differs_and_fails(ask: Any) -> None:
    result = ask("rollouts replay canary", ACTIVE, told=[harmful(), harmful() | {"verdict": "continue"}])
    assert result.exit_code == 1
    assert "continue: verdict: continue was told, abort follows" in result.stdout
    assert "1 of 2 judgements" in result.stderr


def test_a_judge_that_this_build_does_not_have_is_not_taken_for_agreement(ask: Any) -> None:
    result = ask("rollouts replay canary", ACTIVE, told=[harmful() | {"judge_revision": "0"}])
    assert (result.exit_code, "use the build that judged" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("deployments", "reason"),
    [((), "No deployment has a rollout canary"), ((ACTIVE, ENDED), "say which one by --deployment")],
)
def test_a_rollout_must_be_the_only_one_of_its_id(
    ask: Any, deployments: tuple[dict[str, Any], ...], reason: str
) -> None:
    result = ask("rollouts replay canary", *deployments, told=[harmful()])
    assert (result.exit_code, reason in result.stderr) == (1, True)


def test_which_one_is_meant_can_be_said(ask: Any) -> None:
    line = "rollouts replay canary --deployment delays@production"
    assert ask(line, ACTIVE, ENDED, told=[harmful()]).exit_code == 0


def test_nothing_to_replay_is_no_success(ask: Any) -> None:
    result = ask("rollouts replay canary", ACTIVE, told=[])
    assert (result.exit_code, "never judged" in result.stderr) == (1, True)


def test_judgements_are_a_table_or_json(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.cli.common.console.width", 240)
    table = ask("rollouts judgements canary", ACTIVE, told=[harmful()]).stdout
    assert all(word in table for word in ("errors", "latency", "abort", "20000 : 20000"))
    [one] = json.loads(ask("rollouts judgements canary --json", ACTIVE, told=[harmful()]).stdout)
    assert one["judgement"]["verdict"] == "abort"
