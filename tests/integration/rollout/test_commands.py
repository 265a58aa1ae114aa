"""What does somebody see who rolls out by the command line?"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tenure.cli import common
from tenure.cli.main import app
from typer.testing import CliRunner

from tests.integration.rollout.listening import listening
from tests.integration.rollout.stage import Stage

ANALYSIS = "  - {kind: analysis, weight_percent: 5, min_seconds: 3600}"
GATE = "  - {kind: waitFor, wait: {kind: approvals, approvals: 1, approver_kinds: [risk]}}"
JUDGE = "judge: {metric: brier, margin: 0.02}"
DEPLOYMENT = "delays@production"


@dataclass(frozen=True)
class Tenure:
    stage: Stage
    origin: str

    async def __call__(self, line: str, *more: object, by: str = "operator") -> tuple[int, str]:
        env = {"TENURE_TOKEN": by, "TENURE_URL": self.origin}
        words = [*line.replace("DEPLOYMENT", DEPLOYMENT).split(), *map(str, more)]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=env)
        await self.stage.settled()
        return result.exit_code, result.output

    async def done(self, line: str, *more: object, by: str = "operator") -> str:
        code, said = await self(line, *more, by=by)
        assert code == 0, said
        return said


@pytest.fixture
async def tenure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenure]:
    """Version 1 serves as r1, and version 2 may."""
    await stage.serving()
    await stage.in_production("2")
    monkeypatch.setattr(common.console, "width", 240)
    async with listening(stage) as origin:
        yield Tenure(stage, origin)


async def test_a_release_is_made_listed_and_shown(tenure: Tenure) -> None:
    made = await tenure.done("releases create DEPLOYMENT r2 --version 2 --flag dark=true")
    assert made.startswith("Release r2 is there. (rollout/deployment/delays@production#")
    listed = await tenure.done("releases list DEPLOYMENT")
    assert ("dark=true" in listed, "100" in listed) == (True, True)
    shown = json.loads(await tenure.done("releases show DEPLOYMENT r2 --json"))
    assert (shown["model_version"], shown["digest"][:7]) == ("2", "sha256:")
    assert await tenure("releases show DEPLOYMENT r9") == (
        1,
        "not-found: there is no release r9 of delays@production. `tenure releases list` shows what there is.\n",
    )


async def test_a_plan_is_followed_paused_resumed_and_rolled_back(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("\n".join(("steps:", ANALYSIS, GATE, JUDGE)))
    await tenure.done("releases create DEPLOYMENT r2 --version 2")
    await tenure.done("rollouts start DEPLOYMENT canary --release r2 --plan", tmp_path / "plan.yaml")
    shown = await tenure.done("rollouts show DEPLOYMENT")
    assert "champion r1; r1 could be put back now" in shown
    assert "rollout canary of r2, step 0: waits for 3600 s to pass" in shown
    assert "r2 5 %, r1 95 %" in await tenure.done("rollouts list")
    await tenure.done("rollouts pause DEPLOYMENT canary --reason", "lunch")
    assert "waits to be resumed" in await tenure.done("rollouts show DEPLOYMENT")
    await tenure.done("rollouts resume DEPLOYMENT canary --reason", "lunch is over")
    assert (await tenure.done("rollouts rollback DEPLOYMENT --reason", "enough")).startswith(f"{DEPLOYMENT} is rolled")
    assert "r1 100 %" in await tenure.done("rollouts list")


async def test_who_approves_names_what_was_looked_at(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("\n".join(("steps:", GATE, JUDGE)))
    await tenure.done("releases create DEPLOYMENT r2 --version 2")
    await tenure.done("rollouts start DEPLOYMENT gate --release r2 --plan", tmp_path / "plan.yaml")
    code, said = await tenure("rollouts approve DEPLOYMENT gate --digest sha256:0 --comment seen", by="approver")
    assert (code, said.startswith("approval-of-another-release: ")) == (1, True)
    digest = json.loads(await tenure.done("releases show DEPLOYMENT r2 --json"))["digest"]
    await tenure.done("rollouts approve DEPLOYMENT gate --comment seen --digest", digest, by="approver")
    assert "r2 100 %" in await tenure.done("rollouts list")


async def test_a_strategy_is_named_and_taken_further_or_ended_by_hand(tenure: Tenure) -> None:
    await tenure.done("releases create DEPLOYMENT r2 --version 2")
    await tenure.done("rollouts start DEPLOYMENT one --release r2 --strategy canary --metric brier --margin 0.02")
    await tenure.done("rollouts abort DEPLOYMENT one --reason", "not today")
    await tenure.done("rollouts start DEPLOYMENT two --release r2 --strategy canary --metric brier --margin 0.02")
    await tenure.done("rollouts promote DEPLOYMENT two")
    assert "champion r2; r1 could be put back now" in await tenure.done("rollouts show DEPLOYMENT")
    code, said = await tenure("rollouts start DEPLOYMENT three --release r1 --strategy canary")
    assert (code, "needs a judge" in said) == (1, True)


async def test_a_freeze_is_declared_listed_and_lifted(tenure: Tenure) -> None:
    until = "--from 2013-01-01T00:00:00Z --until 2014-01-01T00:00:00Z"
    await tenure.done(f"freezes declare peak {until} --model delays --reason", "the busy season")
    assert "the busy season" in await tenure.done("freezes list")
    await tenure.done("releases create DEPLOYMENT r2 --version 2")
    started = "rollouts start DEPLOYMENT one --release r2 --strategy canary --metric brier --margin 0.02"
    code, said = await tenure(started)
    assert (code, said.startswith("frozen: ")) == (1, True)
    await tenure.done("freezes lift peak --reason", "it is over")
    assert "under way" in await tenure.done(started)


async def test_actuators_are_listed_and_retired(tenure: Tenure) -> None:
    about = {"actuator": "edge", "kind": "webhook", "deployments": [DEPLOYMENT], "capabilities": ["weights"]}
    await tenure.stage.done("/rollout/v1/actuators", about)
    assert "webhook" in await tenure.done("actuators list")
    await tenure.done("actuators retire edge --reason", "sold")
    assert "webhook" not in await tenure.done("actuators list")
