"""How is the demo played? The platform is started as a user would start it; the driver talks to it from outside."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from tenure_eventlog.open import open_log
from tenure_service.tokens import Role, TokenStore

from tenure.client import AsyncClient
from tenure.demo import act1, act2, act3, act4, act5, checks
from tenure.demo.flights import load_flights, load_weather
from tenure.demo.memory import PeakMemory
from tenure.demo.platforms import Running, running_cluster, running_embedded
from tenure.demo.telling import Teller
from tenure.demo.world import Instance, World

START = datetime(2013, 3, 1, 5, tzinfo=UTC)
SUMMARY = Path(".tenure/demo-summary.json")
ACTS = (
    ("Act 1: from sources to a canary", act1.play),
    ("Act 2: the weather feed stops", act2.play),
    ("Act 3: a column gets another name", act3.play),
    ("Act 4: version 1 retires", act4.play),
    ("Act 5: a bad release", act5.play),
)
CAST: tuple[tuple[str, tuple[Role, ...], Any], ...] = (
    ("engineer", ("engineer", "approver"), "business"),
    ("approver", ("approver",), "risk"),
    ("operator", ("operator",), None),
    ("producer", ("producer",), None),
    ("auditor", ("auditor",), None),
)


async def demo(log_kind: str, check: bool) -> int:
    """0 where all went as it should. Without `check` the platform stays up until Ctrl-C."""
    teller = Teller(Console())
    start = running_cluster if log_kind == "kafka" else running_embedded
    async with start(f"stepped:{START.isoformat()}") as running:
        began = time.monotonic()
        async with PeakMemory(running.pids) as memory, world_of(running, teller) as world:
            for title, play in ACTS:
                teller.heading(title)
                await play(world)
            elapsed = time.monotonic() - began
            teller.heading("Final checks")
            facts = await checks.check(world, environment_of(running))
            unmet = checks.story_holds(world)
            summary = {"mode": log_kind, "elapsed_seconds": round(elapsed, 1), **facts}
            summary["rollback_ms"] = None if world.rollback_ms is None else round(world.rollback_ms)
        summary["peak_pss_mib"] = memory.peak_mib
        code = tell(teller, summary, unmet)
        if not check:
            teller.verdict(f"The platform stays up on {running.origin} until Ctrl-C.", good=True)
            await asyncio.Event().wait()
        return code


def tell(teller: Teller, summary: dict[str, Any], unmet: Sequence[str]) -> int:
    """Prints and keeps the summary; 1 where something is not as it should be."""
    SUMMARY.parent.mkdir(exist_ok=True)
    SUMMARY.write_text(json.dumps(summary, indent=1) + "\n")
    for name, value in summary.items():
        teller.summary(name, value)
    for sentence in unmet:
        teller.verdict(f"NOT SO: {sentence}", good=False)
    good = summary["log_verified"] and summary["rebuild_equal"] and not summary["serving_instants_wrong"]
    good = good and summary["serving_instants_checked"] == checks.INSTANTS and not unmet
    teller.verdict("All is as it should be." if good else "Something is not as it should be.", good=good)
    return 0 if good else 1


def environment_of(running: Running) -> dict[str, str]:
    """What the fresh process of the rebuild must know."""
    instances = [(name, url) for name, _, url in running.instances]
    return {"TENURE_LOG": running.log, "TENURE_TOKEN": running.token, "TENURE_INSTANCES": json.dumps(instances)}


@asynccontextmanager
async def world_of(running: Running, teller: Teller) -> AsyncIterator[World]:
    """The driver's connections: the log as the connector has it, a client for each of the cast."""
    store = TokenStore(running.tokens)
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(open_log(running.log))
        clients, names = {}, {}
        for name, roles, kind in CAST:
            secret = store.create(name, roles, kind)
            names[store.named(name).id] = name
            clients[name] = await stack.enter_async_context(AsyncClient(running.origin, secret))
        instances = [
            Instance(name, prefix, await stack.enter_async_context(AsyncClient(url, running.token)))
            for name, prefix, url in running.instances
        ]
        # One process moves the clock of all its services at once.
        one_process = len({url for _, _, url in running.instances}) == 1
        steppers = [Instance("all", "", instances[0].client)] if one_process else instances
        yield World(log, instances, steppers, clients, teller, names, load_flights(), load_weather(), START)
