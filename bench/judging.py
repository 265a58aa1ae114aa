"""What does it cost to judge 500 rollouts each second, four metrics each, every one with new windows?

The worst that can be: windows last a minute at least, so that in truth few are new in any one second.
"""

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import msgspec
from tenure_codec.binding import EventCodec
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, ROLLOUT_EVENTS, WINDOWS
from tenure_journal import Auth, Order, Replica, TopicFold, Writer
from tenure_monitor.metrics import EDGES_MS
from tenure_rollout.app import kinds
from tenure_rollout.courses import Courses
from tenure_rollout.deployment.commands import CreateRelease, EnterStep, PromoteRollout, StartRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.steps import World
from tenure_rollout.events import RolloutEvent, Step
from tenure_rollout.judging.declared import JudgeDeclared, MetricDeclared
from tenure_rollout.judging.metrics import Kind
from tenure_rollout.names import ModelName, ModelVersion, PrincipalId, ReleaseId, RolloutId
from tenure_rollout.reactions import judge_due
from tenure_rollout.upcasters import UPCASTERS
from tenure_rollout.windows import WindowFollower
from tenure_rollout.world import KIND

from bench.figures import Figure, at_most, seen

ROLLOUTS, SECONDS = 500, 10
BEGAN, MINUTE = datetime(2026, 11, 24, 12, tzinfo=UTC), timedelta(minutes=1)
OPERATOR, SYSTEM = PrincipalId("p-operator"), Auth("system:rollout", "system")
KINDS: dict[str, Kind] = {"failure": "proportion", "brier": "mean", "score": "mean", "latency": "quantile"}


async def judging() -> list[Figure]:
    """Through the real timer over folded deployments; what verdicts change is decided and written too."""
    numbers, generator = count(1), random.Random(6)
    log = MemoryLog()
    await log.create_topics(ALL_TOPICS)
    async with started(log, numbers) as (replica, writer), following(log) as windows:
        due = judge_due(Courses(windows))
        judged, read, changes = 0.0, 0.0, 0
        for second in range(SECONDS):
            await log.append([_window(generator, *each, second) for each in _series()])
            begin = time.process_time()
            await windows.wait_for(await log.end_offsets([WINDOWS.name]))
            middle = time.process_time()
            needed = list(due(replica, BEGAN + (second + 1) * MINUTE))
            for one in needed:
                await writer.execute(_order(one.stream, one.command, numbers))
            read, judged, changes = read + middle - begin, judged + time.process_time() - middle, changes + len(needed)
    return [
        at_most("judge: 500 rollouts of 4 metrics each second, of one core", judged / SECONDS * 100, "%", 50.0),
        seen("judge: one rollout", judged / SECONDS / ROLLOUTS * 1e6, "us"),
        seen("judge: changes of verdicts in that time", changes, "events"),
        seen("judge: reading 4,000 new windows", read / SECONDS * 1e3, "ms"),
    ]


@asynccontextmanager
async def following(log: MemoryLog) -> AsyncIterator[WindowFollower]:
    windows = WindowFollower(log)
    await windows.start()
    try:
        yield windows
    finally:
        await windows.stop()


@asynccontextmanager
async def started(log: MemoryLog, numbers: "count[int]") -> AsyncIterator[tuple[Replica, Writer]]:
    """Every deployment has a champion and a canary under way."""
    fold = TopicFold(ROLLOUT_EVENTS, "rollout", EventCodec("rollout", RolloutEvent, upcasters=UPCASTERS), kinds())
    replica = Replica(log, [fold])
    await replica.start()
    writer = Writer(log, replica, fold, {KIND: deployment_decider})
    for number in range(ROLLOUTS):
        stream = f"{KIND}/m{number}@production"
        for command in _life(f"m{number}"):
            await writer.execute(_order(stream, command, numbers))
    try:
        yield replica, writer
    finally:
        await replica.stop()


def _life(model: str) -> list[object]:
    whole, some = (Step(kind="setWeight", weight_percent=100.0),), (Step(kind="analysis", weight_percent=25.0),)
    first, canary = RolloutId(f"{model}-first"), RolloutId(f"{model}-canary")
    return [
        _release(model, "1"),
        _rollout(first, "1", whole),
        _step(first),
        PromoteRollout(rollout=first, world=World(), principal=OPERATOR, now=BEGAN),
        _release(model, "2"),
        _rollout(canary, "2", some),
        _step(canary),
    ]


def _release(model: str, version: str) -> CreateRelease:
    return CreateRelease(
        release=ReleaseId(f"r{version}"),
        model=ModelName(model),
        model_version=ModelVersion(version),
        stage="production",
        artifact_digest="sha256:aa",
        contexts=(),
        unbound=(),
        blocked_by=(),
        prompt=None,
        flags={},
        requires=(),
        judge=None,
        based_on=(),
        principal=OPERATOR,
        now=BEGAN,
    )


def _rollout(rollout: RolloutId, version: str, steps: tuple[Step, ...]) -> StartRollout:
    return StartRollout(
        rollout=rollout,
        release=ReleaseId(f"r{version}"),
        baseline=None,
        strategy="steps",
        steps=steps,
        judge=JudgeDeclared(revision=1, alpha=0.05, metrics=tuple(_metric(*each) for each in KINDS.items())),
        monitored=tuple(KINDS),
        past={},
        supersedes=None,
        frozen=None,
        missing=(),
        blocked_by=(),
        actuators=(),
        principal=OPERATOR,
        now=BEGAN,
    )


def _step(rollout: RolloutId) -> EnterStep:
    return EnterStep(rollout=rollout, step=0, world=World(), now=BEGAN)


def _metric(name: str, kind: Kind) -> MetricDeclared:
    is_latency = kind == "quantile"
    return MetricDeclared(
        name=name,
        kind=kind,
        direction="lower",
        margin=50.0 if is_latency else 0.02,
        is_critical=True,
        min_n=100,
        weight=None,
        lower_bound=0.0,
        upper_bound=60_000.0 if is_latency else 1.0,
        planned_mean=None,
        planned_deviation=None,
        quantile=0.99 if is_latency else None,
    )


def _series() -> list[tuple[int, str, str]]:
    return [(number, release, metric) for number in range(ROLLOUTS) for release in ("r1", "r2") for metric in KINDS]


def _window(generator: random.Random, number: int, release: str, metric: str, second: int) -> Message:
    """Of 200 to 300 observations, alike for both arms."""
    n = generator.randint(200, 300)
    total = float(sum(generator.random() < 0.1 for _ in range(n)))
    value = {"model": f"m{number}", "release": release, "metric": metric, "window_start": BEGAN + second * MINUTE}
    value |= {"window_seconds": 60, "n": n, "sum": total, "sum_of_squares": total, "revision": 1}
    if metric == "latency":
        median = generator.randint(60, 70)
        counts = [n * edge // len(EDGES_MS) if edge < median else n for edge in range(len(EDGES_MS))]
        value["histogram"] = {"edges": EDGES_MS, "at_or_below": counts}
    return Message(WINDOWS.name, f"{number}|{release}|{metric}|{second}".encode(), msgspec.json.encode(value))


def _order(stream: str, command: object, numbers: "count[int]") -> Order:
    number = next(numbers)
    return Order(
        stream=stream,
        command=command,
        command_id=UUID(int=number),
        command_digest=str(number),
        auth=SYSTEM,
        occurred_at=BEGAN,
    )
