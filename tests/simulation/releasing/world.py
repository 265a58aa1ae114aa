"""Two processes of rollout on a bad network, a gateway, a monitor, and an operator who does as he likes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from tenure_eventlog import LogUnavailable, Message, OutcomeUnknown
from tenure_eventlog.topics import PROBE, WINDOWS
from tenure_journal import Auth, Order, Replica, TopicFold
from tenure_rollout.actuator.decider import RegisterActuator
from tenure_rollout.app import definition
from tenure_rollout.courses import Courses
from tenure_rollout.deployment.commands import (
    AbortRollout,
    ActuatorFacts,
    ApproveStep,
    CreateRelease,
    ObserveRoute,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
    StartRollout,
)
from tenure_rollout.deployment.state import DeploymentState, Rollout
from tenure_rollout.deployment.steps import World as StepWorld
from tenure_rollout.events import Observed, Step, Wait
from tenure_rollout.judging.declared import JudgeDeclared
from tenure_rollout.names import ActuatorName, Deployment, ModelVersion, PrincipalId, ReleaseId, RolloutId
from tenure_rollout.windows import WindowFollower
from tenure_rollout.world import ACTUATOR, KIND
from tenure_service import ServiceDefinition
from tenure_service.metrics import Metrics

from tests.simulation.broker import EPOCH_MS, Connection
from tests.simulation.routines import SimulatedClock
from tests.simulation.world import NEW_BUILD, Process, World
from tests.unit.rollout.story import BRIER, create, start

Held = TypeVar("Held")
DEPLOYMENT = Deployment("delays@production")
STREAM, EDGE = f"{KIND}/{DEPLOYMENT}", ActuatorName("edge")
OPERATOR = PrincipalId("p-operator")
PROCESSES, STORM_SECONDS, CALM_SECONDS = 2, 400.0, 400.0
WINDOW_SECONDS, REQUESTS = 20, 4_000
LOSSES = {"good": 0.10, "bad": 0.45}
RELEASES = tuple(ReleaseId(f"r{number}") for number in range(1, 5))
LOSS = replace(BRIER, name="loss", margin=0.1)
JUDGE = JudgeDeclared(revision=1, alpha=0.05, metrics=(LOSS,))


@cache
def service() -> ServiceDefinition:
    """With one partition of each topic, since there is one deployment."""
    made = definition()
    foreign = tuple(small(fold) for fold in made.foreign)
    return replace(made, fold=small(made.fold), foreign=foreign)


def small(fold: TopicFold) -> TopicFold:
    return replace(fold, spec=replace(fold.spec, partitions=1))


@dataclass
class Running:
    """As much of a service's runtime as its reactions and timers ask for."""

    replica: Replica
    parts: tuple[object, ...]
    definition: ServiceDefinition = field(default_factory=service)
    metrics: Metrics = field(default_factory=lambda: Metrics("rollout"))

    def part(self, kind: type[Held]) -> Held:
        return next(one for one in self.parts if isinstance(one, kind))


@dataclass
class Edge:
    """A gateway: what it does outlives whoever keeps it to the routes. `said`: epoch and whether it was in step."""

    epoch: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    said: tuple[int, bool] | None = None


@dataclass
class Releasing(World):
    edge: Edge = field(default_factory=Edge)
    quality: dict[str, str] = field(default_factory=dict)
    numbers: int = 0
    rollouts: int = 0

    async def live(self) -> None:
        """A storm in which everything fails, then calm, in which whatever can come to an end does."""
        topics = [service().fold.spec, *(fold.spec for fold in service().foreign), WINDOWS, PROBE]
        await self.broker.log.create_topics(topics)
        self.storm_seconds = STORM_SECONDS
        await self._prepare()
        storms = [self.loop.spawn(None, self._storm(number)) for number in range(PROCESSES)]
        storms += [self.loop.spawn(None, work) for work in (self._operate(), self._jump())]
        lasting = [self.loop.spawn(None, work) for work in (self._monitor(), self._actuate())]
        await asyncio.sleep(STORM_SECONDS)
        for trouble in storms:
            trouble.cancel()
        self._heal()
        await asyncio.sleep(CALM_SECONDS)
        for work in lasting:
            work.cancel()
        await self._catch_up()

    async def _serve(self, process: Process) -> None:
        connection: Any = Connection(self.broker)
        made = service()
        replica = self.parts.replica(connection, [made.fold, *made.foreign])
        writer = self.parts.writer(
            connection,
            replica,
            made.fold,
            made.deciders,
            wall=lambda: self.wall(process),
            new_id=lambda: self._next_id(process),
        )
        windows = WindowFollower(connection)
        for started in (replica.start, windows.start):
            while True:
                try:
                    await started()
                    break
                except (LogUnavailable, OutcomeUnknown):
                    await asyncio.sleep(1)
        process.replica, process.writer = replica, writer
        running: Any = Running(replica, (windows, Courses(windows)))
        clock = SimulatedClock(lambda: self.wall(process))
        reactions, timers = made.reactions(running), made.timers(running)
        process.reactor = self.parts.reactor(replica, writer, reactions, timers, clock, made.name)
        await process.reactor.start()
        process.serves.set()

    def now(self) -> datetime:
        """By a clock that is right."""
        return datetime.fromtimestamp(EPOCH_MS / 1_000, UTC) + timedelta(seconds=self.loop.time())

    async def give(self, command: Any, stream: str = STREAM) -> None:
        """Somebody's request, repeated until it has an answer."""
        self.numbers += 1
        number = self.numbers
        order = Order(
            stream=stream,
            command=command,
            command_id=UUID(int=number),
            command_digest=f"{number:064x}",
            auth=Auth(OPERATOR, "user"),
            occurred_at=self.now(),
        )
        self.orders[number] = order
        await self._client(number, order)

    def seen(self) -> DeploymentState | None:
        """The deployment as some process has it, which may be behind."""
        serving = [p for p in self.processes if p.replica and not (p.dead or p.stopped)]
        if not serving:
            return None
        replica = self.random.choice(serving).replica
        stream = replica.stream(STREAM) if replica else None
        return stream.state if stream else None

    async def _prepare(self) -> None:
        """r1 serves, and the gateway is registered, before anything fails."""
        self.broker.healed = True
        self.quality = {release: self.random.choice(("good", "bad", "silent")) for release in RELEASES}
        self.quality[RELEASES[0]] = "good"
        self.processes += [self._boot(number, NEW_BUILD) for number in range(PROCESSES)]
        for release in RELEASES:
            await self.give(self._creation(release))
        await self.give(self._start(RELEASES[0], (Step(kind="setWeight", weight_percent=100.0),), None))
        register = RegisterActuator(
            actuator=EDGE,
            kind="webhook",
            deployments=(DEPLOYMENT,),
            capabilities=("weights",),
            finest_percent=0.1,
            address=None,
            principal=OPERATOR,
            now=self.now(),
        )
        await self.give(register, f"{ACTUATOR}/{EDGE}")
        self.broker.healed = False

    def _creation(self, release: ReleaseId) -> CreateRelease:
        version = ModelVersion(release.removeprefix("r"))
        return replace(create, release=release, model_version=version, principal=OPERATOR, now=self.now())

    def _start(self, release: ReleaseId, steps: tuple[Step, ...], supersedes: RolloutId | None) -> StartRollout:
        self.rollouts += 1
        return replace(
            start,
            rollout=RolloutId(f"rollout-{self.rollouts}"),
            release=release,
            steps=steps,
            judge=JUDGE,
            monitored=("loss",),
            past={},
            supersedes=supersedes,
            actuators=(ActuatorFacts(actuator=EDGE, capabilities=("weights",), finest_percent=0.1),),
            principal=OPERATOR,
            now=self.now(),
        )

    async def _operate(self) -> None:
        """An operator who starts, stops, hurries and takes back, by what he last saw."""
        while True:
            await asyncio.sleep(self.random.expovariate(1 / 35))
            state = self.seen()
            command = self._wish(state) if state else None
            if command:
                await self.give(command)

    def _wish(self, state: DeploymentState) -> Any:
        active = state.active
        if active is None or self.random.random() < 0.1:
            release = self.random.choice([one for one in RELEASES if one != state.champion])
            return self._start(release, self._steps(), active.rollout if active else None)
        told: dict[str, Any] = {"rollout": active.rollout, "reason": "so", "principal": OPERATOR, "now": self.now()}
        match self.random.choice(("pause", "resume", "abort", "promote", "rollback", "approve", "approve", "nothing")):
            case "pause":
                return PauseRollout(**told, cause=None)
            case "resume":
                return ResumeRollout(**told, only_cause=None)
            case "abort" if self.random.random() < 0.3:
                return AbortRollout(**told)
            case "promote" if self.random.random() < 0.2:
                return PromoteRollout(rollout=active.rollout, world=StepWorld(), principal=OPERATOR, now=self.now())
            case "rollback" if self.random.random() < 0.3:
                return RollBack(reason="so", only_from=None, principal=OPERATOR, now=self.now())
            case "approve":
                return self._approval(state, active)
            case _:
                return None

    def _approval(self, state: DeploymentState, active: Rollout) -> ApproveStep:
        return ApproveStep(
            rollout=active.rollout,
            seen_digest=state.releases[active.release].digest,
            approver_kind="risk",
            comment="so",
            principal=PrincipalId(f"p-{self.random.randrange(3)}"),
            now=self.now(),
        )

    def _steps(self) -> tuple[Step, ...]:
        weights = sorted(self.random.sample((1.0, 5.0, 25.0, 50.0, 75.0, 100.0), self.random.randint(1, 4)))
        return tuple(step for weight in weights for step in self._stage(weight))

    def _stage(self, weight: float) -> list[Step]:
        most = self.random.choice((None, 90, 150))
        approvals = Wait(
            kind="approvals", approvals=1, approver_kinds=(), opens=None, closes=None, deployment=None, release=None
        )
        match self.random.choice(("analysis", "analysis", "weight", "pause", "person", "approvals")):
            case "analysis":
                return [Step(kind="analysis", weight_percent=weight, min_seconds=30, max_seconds=most)]
            case "weight":
                return [Step(kind="setWeight", weight_percent=weight)]
            case "pause":
                return [Step(kind="setWeight", weight_percent=weight), Step(kind="pause", min_seconds=20)]
            case "person":
                return [Step(kind="setWeight", weight_percent=weight), Step(kind="pause", max_seconds=most)]
            case _:
                return [
                    Step(kind="setWeight", weight_percent=weight),
                    Step(kind="waitFor", wait=approvals, max_seconds=most),
                ]

    async def _jump(self) -> None:
        """Clocks jump, a little or so far that what the process writes does not count."""
        while True:
            await asyncio.sleep(self.random.expovariate(1 / 80))
            process = self.random.choice(self.processes)
            process.skew += timedelta(seconds=self.random.choice((-90, -4, -1, 1, 4, 90)) * self.random.random())

    async def _monitor(self) -> None:
        """Windows of what the gateway really gives each release; some late, some revised, some of nobody."""
        while True:
            begin, shares = self.now(), dict(self.edge.shares)
            await asyncio.sleep(WINDOW_SECONDS)
            for release, share in [*shares.items(), ("stranger", 10.0)]:
                n = round(REQUESTS * share / 100)
                if n and self.quality.get(release) != "silent":
                    late = self.random.choice((0, 0, 0, 45)) * self.random.random()
                    self.loop.later(late, self._land_window, release, begin, n, 1)
                    if self.random.random() < 0.2:
                        self.loop.later(late + 30 * self.random.random(), self._land_window, release, begin, n + 3, 2)

    def _land_window(self, release: str, begin: datetime, n: int, revision: int) -> None:
        mean = LOSSES.get(self.quality.get(release, ""), 0.3)
        window = {
            "model": "delays",
            "release": release,
            "metric": "loss",
            "window_start": begin,
            "window_seconds": WINDOW_SECONDS,
            "n": n,
            "sum": n * mean,
            "sum_of_squares": n * (mean * mean + 0.01),
            "revision": revision,
        }
        self.broker.land(Message(WINDOWS.name, f"{release}|{begin}".encode(), msgspec.json.encode(window)))

    async def _actuate(self) -> None:
        """Follows the routes, slowly now and then, and tells; what it tells may be lost, and is told again."""
        while True:
            await asyncio.sleep(self.random.uniform(0.5, 6))
            state = self.seen()
            route = state.route if state else None
            if route and route.epoch > self.edge.epoch:
                await asyncio.sleep(self.random.uniform(0, 10))
                shares = {arm.release: arm.weight_percent for arm in route.arms if arm.weight_percent}
                self.edge.epoch, self.edge.shares = route.epoch, dict(shares)
            if route and self.edge.said != (self.edge.epoch, True) and not self.broker.happens(0.3):
                await self._acknowledge()

    async def _acknowledge(self) -> None:
        epoch = self.edge.epoch
        shares = sorted(self.edge.shares.items())
        observed = tuple(Observed(release=ReleaseId(one), weight_percent=share) for one, share in shares)
        command = ObserveRoute(
            actuator=EDGE, epoch=epoch, observed=observed, tolerance_percent=0.1, detail=None, now=self.now()
        )
        await self.give(command)
        self.edge.said = (epoch, True)
