"""Commands through the journal, beside the adapter's bare append; replay, beside a bare decode."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from tenure_eventlog import EventLog, Message
from tenure_journal import Auth, Order, Replica, Writer
from tenure_registry.app import definition
from tenure_registry.model.commands import CreateModel, MoveAlias, RegisterVersion
from tenure_registry.names import Digest, ModelName, ModelVersion, PrincipalId

from bench.figures import Beside, Figure, at_least, at_most, percentile, seen

STREAMS = 200
COMMANDS = {1: 400, 16: 4_000, 64: 12_000}  # each a whole number of rounds over both versions of all models
COMMAND_P50_MS = 2.0
REPLAY_PER_S = 60_000
PER_S_AT_64 = {"embedded": 8_000, "kafka": 6_000}


def _order(stream: str, command: object) -> Order:
    return Order(
        stream=stream,
        command=command,
        command_id=uuid4(),
        command_digest=sha256(stream.encode()).hexdigest(),
        auth=Auth("p-bench", "user"),
        occurred_at=datetime.now(UTC),
    )


def _create(number: int) -> Order:
    name = ModelName(f"m{number}")
    command = CreateModel(
        model=name,
        family=None,
        variant=None,
        description="",
        owner=None,
        policy=None,
        risk_tier=None,
        contexts=(),
        unknown=None,
        principal=PrincipalId("p-bench"),
        now=datetime.now(UTC),
    )
    return _order(f"registry/model/{name}", command)


def _register(number: int) -> Order:
    """The second `STREAMS` numbers are the models' second versions."""
    command = RegisterVersion(
        model_version=_version(number),
        artifact_digest=Digest("sha256:" + "a" * 64),
        kind="artifact",
        locators=(),
        hosted=None,
        framework="scikit-learn",
        features=("hour", "distance"),
        inputs=(),
        outputs=(),
        snapshots=(),
        prompts=(),
        run=None,
        code=None,
        metadata={},
        principal=PrincipalId("p-bench"),
        now=datetime.now(UTC),
    )
    return _order(f"registry/model/m{number % STREAMS}", command)


def _version(number: int) -> ModelVersion:
    return ModelVersion(str(1 + number // STREAMS % 2))


def _promote(number: int) -> Order:
    """What registries do all day: an alias goes from one version to the other, and back the next time."""
    command = MoveAlias(
        alias="champion",
        model_version=_version(number),
        principal=PrincipalId("p-bench"),
        now=datetime.now(UTC),
    )
    return _order(f"registry/model/m{number % STREAMS}", command)


async def timed(count: int, in_flight: int, work: Callable[[int], Awaitable[object]]) -> tuple[float, list[float]]:
    """How many a second, and each one's milliseconds."""
    places, took = asyncio.Semaphore(in_flight), list[float]()

    async def one(number: int) -> None:
        async with places:
            began = time.perf_counter()
            await work(number)
            took.append((time.perf_counter() - began) * 1_000)

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(count)))
    return count / (time.perf_counter() - began), took


async def journal(name: str, log: EventLog) -> list[Figure]:
    """All figures of one adapter; its topics exist and are empty."""
    service = definition()
    replica = Replica(log, [service.fold])
    await replica.start()
    writer = Writer(log, replica, service.fold, service.deciders)
    await timed(STREAMS, 16, lambda n: writer.execute(_create(n)))
    await timed(2 * STREAMS, 16, lambda n: writer.execute(_register(n)))
    figures, done = [], 0
    for in_flight, count in COMMANDS.items():
        per_s, took = await timed(count, in_flight, lambda n, first=done: writer.execute(_promote(first + n)))
        done += count
        bare, bare_took = await timed(count, in_flight, lambda n: log.append([_message(n)]))
        limit = Beside("bare append/s", bare)
        if in_flight == 1:
            beside = Beside("bare append p50 ms", percentile(bare_took, 0.5))
            figures.append(
                at_most(f"{name}: command p50, 1 in flight", percentile(took, 0.5), "ms", COMMAND_P50_MS, beside)
            )
        title = f"{name}: commands, {in_flight} in flight"
        target = PER_S_AT_64.get(name) if in_flight == 64 else None
        figures.append(at_least(title, per_s, "/s", target, limit) if target else seen(title, per_s, "/s", limit))
    await replica.stop()
    return [*figures, await replay(name, log)]


def _message(number: int) -> Message:
    return Message("tenure.probe", None, b"x" * 400, (("h", b"1"),), 0)


async def replay(name: str, log: EventLog) -> Figure:
    """A fresh replica over everything, each digest checked; beside it, the same bytes only decoded."""
    service = definition()
    replica = Replica(log, [service.fold])
    began = time.perf_counter()
    await replica.start()
    took = time.perf_counter() - began
    await replica.stop()
    encoded = service.fold.codec.encode(
        service.deciders["registry/model"].decide(service.deciders["registry/model"].initial, _create(0).command)
    )
    began = time.perf_counter()
    for _ in range(20_000):
        service.fold.codec.decode(encoded.dataschema, encoded.value)
    decode = 20_000 / (time.perf_counter() - began)
    beside = Beside("bare decode/s", decode)
    return at_least(f"{name}: replay", replica.accepted / took, "events/s", REPLAY_PER_S, beside)
