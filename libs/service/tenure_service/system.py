"""What does every service answer, whatever it decides about?"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, field_validator
from starlette.responses import PlainTextResponse, Response
from tenure_eventlog import LogUnavailable, Partition
from tenure_journal import Verdict, VoidRecord

from tenure_service.definition import Runtime
from tenure_service.hosting import Hosted
from tenure_service.moment import runtime_of
from tenure_service.problems import Problem
from tenure_service.requests import Body, Instant, Mutation, Read, ReceiptBody, Text, answer, mutates, reads
from tenure_service.vector import partitions_of, vector_names

CLOCK_SECONDS = 60.0
LAG_SECONDS = 2.0

router = APIRouter()
voids = APIRouter()


@router.get("/healthz")
async def alive(request: Request) -> Response:
    """The process answers."""
    return answer(request, {"alive": True})


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """Whether it should get requests, and why not; `degraded` says what does not keep it from them."""
    runtime = runtime_of(request)
    reasons = runtime.reasons()
    response = answer(request, {"ready": not reasons, "reasons": reasons, "degraded": runtime.degraded()})
    response.status_code = 503 if reasons else 200
    return response


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """For Prometheus."""
    runtime = runtime_of(request)
    name, kept = runtime.definition.name, runtime.metrics
    kept.events.labels(name).set(runtime.replica.accepted)
    kept.ready.labels(name).set(not runtime.reasons())
    kept.access_dropped.labels(name).set(runtime.access.dropped)
    kept.pending.labels(name).set(runtime.reactor.pending if runtime.reactor else 0)
    kept.clock_ahead.labels(name).set(runtime.writer.clock_ahead_us / 1_000_000 if runtime.writer else 0)
    if (lag := await _lag(runtime)) is not None:
        kept.lag.labels(name).set(lag)
    for verdict, count in _orphans(runtime).items():
        kept.orphans.labels(name, verdict).set(count)
    kept.quarantined.clear()
    for (topic, reason), records in _quarantined(runtime).items():
        kept.quarantined.labels(name, topic, reason).set(records)
    return Response(kept.text(), media_type="text/plain; version=0.0.4")


def _orphans(runtime: Runtime) -> Mapping[Verdict, int]:
    """On its own topic, by verdict."""
    fold = runtime.definition.fold
    return runtime.replica.orphans[fold.spec.name].counts if fold else {}


def _quarantined(runtime: Runtime) -> Mapping[tuple[str, str], int]:
    """What the processors hold, by topic and reason, as last looked at."""
    found = Counter[tuple[str, str]]()
    for part in runtime.parts:
        if isinstance(part.holds, Hosted):
            for (partition, reason), records in part.holds.quarantine.counts.items():
                found[partition.topic, reason] += records
    return found


async def _lag(runtime: Runtime) -> int | None:
    """How many records the replica has still to read; None while the log can't be asked."""
    try:
        async with asyncio.timeout(LAG_SECONDS):
            ends = await runtime.event_log.end_offsets(runtime.replica.topics)
    except (LogUnavailable, TimeoutError):
        return None
    read = runtime.replica.positions
    return sum(max(0, end - read.get(partition, 0)) for partition, end in ends.items())


@router.get("/positions")
async def positions(read: Annotated[Read, Depends(reads())]) -> Response:
    """How far everything in this service has read, and what its reactions have still to look at."""
    runtime = read.runtime
    pending = runtime.reactor.pending if runtime.reactor else 0
    return read.answer({"offsets": vector_names(runtime.positions()), "pending": pending})


@router.get("/state-digest")
async def state_digest(read: Annotated[Read, Depends(reads())]) -> Response:
    """The digest of all folded state at an offset vector: a rebuild from offset 0 must agree."""
    offsets, digest = read.replica.digest()
    return read.answer({"offsets": vector_names(offsets), "digest": digest})


@router.get("/orphans")
async def orphans(read: Annotated[Read, Depends(reads())]) -> Response:
    """Orphans by topic: counts by verdict, and the newest hundred."""
    return read.answer(
        {
            topic: {"counts": found.counts, "newest": [o._asdict() for o in list(found.newest)[-100:]]}
            for topic, found in read.replica.orphans.items()
        }
    )


class NewVoid(Body):
    stream: Text
    sequence: Annotated[int, Field(strict=True, ge=1, lt=2**63)]
    digest: Text
    reason: Text


@voids.post("/voids", status_code=201, response_model=ReceiptBody)
async def void(body: NewVoid, mutation: Annotated[Mutation, Depends(mutates("admin"))]) -> Response:
    """Tells folds to skip a poisonous event, on the record."""
    by = mutation.principal.id
    command = VoidRecord(sequence=body.sequence, digest=body.digest, reason=body.reason, principal=by, now=mutation.now)
    return await mutation.execute(command, body.stream)


async def step(runtime: Runtime, now: datetime, seen: Mapping[Partition, int]) -> None:
    """Moves a service's stepped clock to `now`, never back, once `seen` is passed. Raises Problem 409 or 503."""
    move = getattr(runtime.clock, "move_to", None)
    if move is None:
        raise Problem(409, "clock-not-stepped", "the clock is the wall's; start the service with TENURE_CLOCK=stepped")
    try:
        await runtime.wait_for(seen, CLOCK_SECONDS)
    except TimeoutError:
        raise Problem(503, "behind", "not everything written so far was read within a minute") from None
    if now > runtime.clock.now():
        move(now)


class NewInstant(Body):
    now: Instant
    at_least: dict[str, Annotated[int, Field(strict=True)]]

    @field_validator("at_least")
    @classmethod
    def _names_partitions(cls, value: dict[str, int]) -> dict[str, int]:
        partitions_of(value)
        return value


@router.put("/clock")
async def move_clock(body: NewInstant, read: Annotated[Read, Depends(reads("admin"))]) -> Response:
    """Moves a stepped clock, once everything written so far is passed, and does what is due then."""
    runtime = read.runtime
    await step(runtime, body.now, partitions_of(body.at_least))
    settled = await runtime.settle()
    return read.answer({"settled": settled, "offsets": vector_names(runtime.positions())})
