"""Two versions of a model in production, each with its release, on a platform that a user has started."""

import asyncio
from dataclasses import dataclass

from tenure.client import AsyncClient
from tenure_service import TokenStore

from tests.e2e.running import Up

MODEL, DEPLOYMENT = "delays", "delays@production"
OF_MODEL, OF_DEPLOYMENT = f"/registry/v1/models/{MODEL}", f"/rollout/v1/deployments/{DEPLOYMENT}"


@dataclass(frozen=True, slots=True)
class People:
    """Their tokens."""

    engineer: str
    approver: str

    @classmethod
    async def on(cls, run: Up) -> "People":
        store = TokenStore(run.directory / "tokens.json")
        made = cls(
            store.create("engineer", ("engineer", "operator"), None), store.create("approver", ("approver",), "risk")
        )
        await asyncio.sleep(1.5)  # the platform looks at its tokens each second
        return made


async def in_production(origin: str, people: People, version: str) -> None:
    """Release `r<version>` of it can be rolled out."""
    digest = "sha256:" + version.zfill(64)
    evidence = {"evidence": f"eval-{version}", "kind": "evaluation", "verdict": "passed", "tool": "t"}
    evidence |= {"seen_digest": digest, "tool_version": "1", "report_digest": digest}
    decision = {"stage": "production", "decision": "grant", "seen_digest": digest, "comment": "looked at"}
    async with AsyncClient(origin, people.engineer) as engineer, AsyncClient(origin, people.approver) as approver:
        await engineer.post("/registry/v1/models", {"model": MODEL})
        await engineer.post("/monitor/v1/monitors", {"model": MODEL, "metrics": ["brier"], "window_seconds": 60})
        await engineer.post(f"{OF_MODEL}/versions", {"model_version": version, "artifact_digest": digest})
        await engineer.post(f"{OF_MODEL}/versions/{version}/evidence", evidence)
        await approver.post(f"{OF_MODEL}/versions/{version}/approvals", decision)
        await engineer.post(f"{OF_MODEL}/versions/{version}/stage", {"stage": "production"})
        await engineer.post(f"{OF_DEPLOYMENT}/releases", {"release": f"r{version}", "model_version": version})
