"""A model in production and everything around its rollouts, on a clock that only the test moves."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from tenure_codec.binding import EventCodec
from tenure_context_sync.binding.decider import BindContext, BreachSla, RestoreSla, binding_decider
from tenure_context_sync.events import BindingEvent, Sla
from tenure_context_sync.names import ContextName, ModelName, ModelVersion, OnBreach, PrincipalId, SourceName
from tenure_context_sync.upcasters import UPCASTERS
from tenure_decider import Decider
from tenure_eventlog import Message, Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, CONTEXT_EVENTS, MONITOR_EVENTS, ROUTES, WINDOWS
from tenure_journal import Auth, Kind, Order, Replica, TopicFold, Writer
from tenure_monitor.decider import DeclareMonitor, monitor_decider
from tenure_monitor.events import MonitorDeclared
from tenure_monitor.names import ModelName as WatchedModel
from tenure_monitor.names import PrincipalId as Watcher
from tenure_monitor.upcasters import UPCASTERS as MONITOR_UPCASTERS
from tenure_registry.app import definition as registry_definition
from tenure_rollout.app import definition as rollout_definition
from tenure_service import Platform, Principal, ServiceSettings, open_platform
from tenure_service.tokens import Role

BINDING = "context/binding"
CONTEXT = TopicFold(
    CONTEXT_EVENTS,
    "context",
    EventCodec("context", BindingEvent, upcasters=UPCASTERS),
    (Kind.of_decider(BINDING, binding_decider),),
)
WATCHED = "monitor/monitor"
MONITOR = TopicFold(
    MONITOR_EVENTS,
    "monitor",
    EventCodec("monitor", MonitorDeclared, upcasters=MONITOR_UPCASTERS),
    (Kind.of_decider(WATCHED, monitor_decider),),
)
MARCH = datetime(2013, 3, 1, tzinfo=UTC)
DELAYS = "/rollout/v1/deployments/delays@production"
JUDGE = {"metric": "brier", "margin": 0.02, "confidence": 0.95, "min_n": 100}
CANARY = [
    {"kind": "analysis", "weight_percent": 5, "min_seconds": 3_600},
    {"kind": "analysis", "weight_percent": 100, "min_seconds": 3_600},
]
WHOLE = [{"kind": "setWeight", "weight_percent": 100}]
ROLES: dict[str, frozenset[Role]] = {
    "engineer": frozenset({"engineer"}),
    "approver": frozenset({"approver"}),
    "operator": frozenset({"operator"}),
    "admin": frozenset({"admin"}),
}


class Desk:
    """An authenticator for whom the token is the role."""

    def principal(self, token: str) -> Principal | None:
        if token not in ROLES:
            return None
        return Principal(id=f"p-{token}", name=token, roles=ROLES[token], kind="risk")


@dataclass(slots=True)
class Stage:
    """`process` is the one that answers; `others` run over the same log."""

    log: MemoryLog
    directory: Path
    stack: AsyncExitStack
    process: Platform
    contexts: Writer
    monitors: Writer
    now: datetime
    numbers: count[int]

    @classmethod
    async def open(cls, directory: Path, stack: AsyncExitStack) -> Stage:
        log = MemoryLog()
        await log.create_topics(ALL_TOPICS)
        process = await opened(directory, log, stack)
        contexts = await writer_of(CONTEXT, {BINDING: binding_decider}, log, stack)
        monitors = await writer_of(MONITOR, {WATCHED: monitor_decider}, log, stack)
        stage = cls(log, directory, stack, process, contexts, monitors, MARCH, count(1))
        await stage.watched()
        return stage

    async def another(self) -> Platform:
        """A second process of the same services over the same log."""
        return await opened(self.directory, self.log, self.stack)

    async def ask(
        self, method: str, path: str, body: Any = None, role: str = "operator", **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {role}", "Idempotency-Key": f"key-{next(self.numbers)}"}
        headers |= more.pop("headers", {})
        platform = more.pop("platform", self.process)
        transport = httpx.ASGITransport(platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure") as client:
            return await client.request(method, path, json=body, headers=headers, **more)

    async def done(self, path: str, body: Any, role: str = "operator") -> dict[str, Any]:
        """The receipt of a mutation that must succeed."""
        response = await self.ask("POST", path, body, role)
        assert response.status_code in (200, 201), response.text
        receipt: dict[str, Any] = response.json()
        return receipt

    async def got(self, path: str, **query: str) -> Any:
        """What a read that must succeed answers."""
        response = await self.ask("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def settled(self, hours: float = 0, platform: Platform | None = None) -> None:
        """Moves the clock once all that is on the log was read; what is due then was done."""
        self.now += timedelta(hours=hours)
        ends = await self.log.end_offsets([spec.name for spec in ALL_TOPICS])
        at_least = {f"{p.topic}/{p.number}": at for p, at in ends.items()}
        moved = {"now": self.now.isoformat(), "at_least": at_least}
        response = await self.ask("PUT", "/rollout/v1/clock", moved, "admin", platform=platform or self.process)
        assert response.status_code == 200, response.text

    async def settled_everywhere(self) -> None:
        """The registry, too, has read and done what is due; and what comes of it."""
        response = await self.ask("PUT", "/clock", {"now": self.now.isoformat(), "at_least": {}}, "admin")
        assert response.json()["settled"], response.text

    async def in_production(self, version: str) -> None:
        """Makes the model where it is missing, and leads the version through the registry."""
        digest = "sha256:" + version.zfill(64)
        of_version = f"/registry/v1/models/delays/versions/{version}"
        await self.done("/registry/v1/models", {"model": "delays"}, "engineer")
        await self.registered(version)
        evidence = {"evidence": f"eval-{version}", "kind": "evaluation", "verdict": "passed", "tool": "t"}
        evidence |= {"seen_digest": digest, "tool_version": "1", "report_digest": digest}
        await self.done(f"{of_version}/evidence", evidence, "engineer")
        await self.approved(version)
        await self.done(f"{of_version}/stage", {"stage": "production"}, "engineer")

    async def approved(self, version: str, decision: str = "grant") -> None:
        body = {"stage": "production", "decision": decision, "seen_digest": "sha256:" + version.zfill(64)}
        path = f"/registry/v1/models/delays/versions/{version}/approvals"
        await self.done(path, body | {"comment": "looked again"}, "approver")

    async def registered(self, version: str) -> None:
        places = [f"s3://models/delays-{version}.pkl", f"file:///models/delays-{version}.pkl"]
        body = {"model_version": version, "artifact_digest": "sha256:" + version.zfill(64), "locators": places}
        await self.done("/registry/v1/models/delays/versions", body, "engineer")

    async def serving(self) -> None:
        """Version 1 serves, as release r1."""
        await self.in_production("1")
        await self.done(f"{DELAYS}/releases", {"release": "r1", "model_version": "1"})
        await self.done(f"{DELAYS}/rollouts", rollout("first", "r1", WHOLE))
        await self.settled()

    async def canary(self) -> None:
        """Version 1 serves, and version 2 has the first step of its canary."""
        await self.serving()
        await self.in_production("2")
        await self.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
        await self.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
        await self.settled()

    async def windows(self, *, r1: float, r2: float, revision: int = 1, n: int = 10_000) -> None:
        """One window of this hour for each release, which closes with it, with these losses, all alike."""
        await self.log.append([self.window("r1", r1, revision, n), self.window("r2", r2, revision, n)])

    def latencies(self, release: str, slowest: float) -> Message:
        """A window of this hour with 10,000 latencies, evenly up to the slowest."""
        edges = [float(edge) for edge in range(10, 1_000, 10)]
        counts = [min(10_000, int(10_000 * edge / slowest)) for edge in edges]
        return self.window(release, slowest / 2, 1, 10_000, "latency", {"edges": edges, "at_or_below": counts})

    def window(
        self,
        release: str,
        mean: float,
        revision: int,
        n: int,
        metric: str = "brier",
        histogram: Any = None,
        against: str = "",
    ) -> Message:
        value = {
            "model": "delays",
            "release": release,
            "metric": metric,
            "histogram": histogram,
            "against": against,
            "window_start": self.now,
            "window_seconds": 3_600,
            "n": n,
            "sum": n * mean,
            "sum_of_squares": n * mean * mean,
            "revision": revision,
        }
        key = f"delays|{release}|{metric}|{self.now.isoformat()}".encode()
        return Message(WINDOWS.name, key, msgspec.json.encode(value))

    async def bound(self, on_breach: OnBreach = "pause_rollout") -> None:
        """The model reads the weather, which must be no older than a minute, or (unless told) its rollouts pause."""
        sla = Sla(lane="streaming", max_age_seconds=60, on_breach=on_breach)
        await self.context_says(
            BindContext(
                model=ModelName("delays"),
                model_version=ModelVersion("2"),
                context=ContextName("weather"),
                revision=1,
                source=SourceName("observations"),
                sla=sla,
                principal=PrincipalId("p-engineer"),
                now=self.now,
            )
        )

    async def breached(self) -> None:
        await self.context_says(
            BreachSla(
                model=ModelName("delays"),
                context=ContextName("weather"),
                model_version=ModelVersion("2"),
                entity_class=None,
                age_seconds=61.0,
                limit_seconds=60,
                newest_source_at=self.now,
                now=self.now,
            )
        )

    async def restored(self) -> None:
        await self.context_says(
            RestoreSla(
                model=ModelName("delays"),
                context=ContextName("weather"),
                model_version=ModelVersion("2"),
                entity_class=None,
                age_seconds=1.0,
                limit_seconds=60,
                newest_source_at=self.now,
                now=self.now,
            )
        )

    async def watched(self) -> None:
        """Of the model's predictions losses, latencies and pairs are kept, by the hour."""
        command = DeclareMonitor(
            model=WatchedModel("delays"),
            metrics=("brier", "error", "latency", "disagreement"),
            window_seconds=3_600,
            principal=Watcher("p-engineer"),
            now=self.now,
        )
        await self.monitors.execute(self._order("monitor/monitor/delays", command))

    async def context_says(self, command: object) -> None:
        await self.contexts.execute(self._order("context/binding/delays", command))

    def _order(self, stream: str, command: object) -> Order:
        number = next(self.numbers)
        return Order(
            stream=stream,
            command=command,
            command_id=UUID(int=number),
            command_digest=str(number),
            auth=Auth("system:context", "system"),
            occurred_at=self.now,
        )

    async def events(self) -> list[tuple[Any, Any]]:
        """The deployment's accepted events with what the log says of each."""
        return await self.process.runtimes["rollout"].replica.events("rollout/deployment/delays@production")

    async def story(self) -> list[str]:
        """The names of the deployment's events since the canary's start."""
        names = [type(event).__name__ for _, event in await self.events()]
        starts = [at for at, name in enumerate(names) if name == "RolloutStarted"]
        return names[starts[-1] :]

    async def published(self) -> list[dict[str, Any]]:
        """All records of `tenure.routes`."""
        partition = Partition(ROUTES.name, 0)
        end = (await self.log.end_offsets([ROUTES.name]))[partition]
        found: list[dict[str, Any]] = []
        async with aclosing(self.log.read({partition: 0})) as batches:
            while len(found) < end:
                found += [msgspec.json.decode(record.value or b"") for record in (await anext(batches)).records]
        return found


async def writer_of(
    fold: TopicFold, deciders: dict[str, Decider[Any, Any, Any]], log: MemoryLog, stack: AsyncExitStack
) -> Writer:
    """What another service says, said by the test."""
    replica = Replica(log, [fold])
    await replica.start()
    stack.push_async_callback(replica.stop)
    return Writer(log, replica, fold, deciders)


async def opened(directory: Path, log: MemoryLog, stack: AsyncExitStack) -> Platform:
    settings = ServiceSettings(log="memory", tokens=directory / "tokens.json", clock=f"stepped:{MARCH.isoformat()}")
    definitions = [registry_definition(), rollout_definition()]
    return await stack.enter_async_context(open_platform(settings, definitions, event_log=log, authenticator=Desk()))


def rollout(name: str, release: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rollout": name, "release": release, "steps": steps, "judge": JUDGE}
