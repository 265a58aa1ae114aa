"""What can be asked of monitor over HTTP?"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response
from tenure_eventlog import Message
from tenure_eventlog.topics import OUTCOMES, PREDICTIONS
from tenure_service import (
    At,
    Body,
    Mutation,
    Name,
    PageQuery,
    Problem,
    Read,
    ReceiptBody,
    StreamRead,
    add_quarantine,
    mutates,
    reads,
)

from tenure_monitor.decider import DeclareMonitor
from tenure_monitor.events import MonitorDeclared
from tenure_monitor.names import ModelName, PrincipalId
from tenure_monitor.publisher import WindowPublisher
from tenure_monitor.telemetry import (
    MOST_RECORDS,
    UNREADABLE,
    Outcome,
    Prediction,
    read_outcomes,
    read_predictions,
    write,
)

router = APIRouter()
add_quarantine(router)
Told = TypeVar("Told", Prediction, Outcome)
KIND = "monitor/monitor"
Producer = Annotated[Read, Depends(reads("producer"))]


class NewMonitor(Body):
    model: Name
    metrics: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    window_seconds: Annotated[int, Field(lt=2**31)] = 3_600


@router.post("/monitors", status_code=201, response_model=ReceiptBody)
async def declare_monitor(body: NewMonitor, mutation: Annotated[Mutation, Depends(mutates("engineer"))]) -> Response:
    command = DeclareMonitor(
        model=ModelName(body.model),
        metrics=body.metrics,
        window_seconds=body.window_seconds,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{KIND}/{body.model}")


@router.post("/telemetry/predictions")
async def tell_predictions(request: Request, read: Producer) -> Response:
    """A JSON list of predictions; on the log when this answers. Sent again, a request id counts once."""
    return await tell(request, read, PREDICTIONS.name, read_predictions)


@router.post("/telemetry/outcomes")
async def tell_outcomes(request: Request, read: Producer) -> Response:
    """A JSON list of outcomes, likewise; they may come before their predictions."""
    return await tell(request, read, OUTCOMES.name, read_outcomes)


async def tell(request: Request, read: Read, topic: str, parse: Callable[[bytes], Sequence[Told]]) -> Response:
    try:
        told = parse(await request.body())
    except msgspec.ValidationError as wrong:
        raise Problem(422, "invalid-request", str(wrong)) from None
    except UNREADABLE:
        raise Problem(400, "malformed-json", "the body is not JSON") from None
    if len(told) > MOST_RECORDS:
        raise Problem(413, "batch-too-large", f"a batch has at most {MOST_RECORDS} records")
    await read.runtime.event_log.append([Message(topic, one.request_id.encode(), write(one)) for one in told])
    return read.answer({"appended": len(told)})


@router.get("/monitors")
async def list_monitors(read: Annotated[Read, Depends(reads())], page: Annotated[PageQuery, Depends()]) -> Response:
    streams = sorted(read.replica.streams(KIND).values(), key=lambda stream: stream.name)
    return read.page(page, streams, key=lambda s: s.name, view=lambda s: s.state)


@router.get("/windows")
async def list_windows(
    read: Annotated[Read, Depends(reads())],
    model: Name,
    release: Name | None = None,
    metric: Name | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Response:
    """Sufficient statistics of a model's releases, by window."""
    found = await read.runtime.part(WindowPublisher).windows(model, release, metric, limit)
    return read.answer({"items": found})


def one_monitor(at: At) -> MonitorDeclared | None:
    declared: MonitorDeclared | None = at.state
    return declared


READS = (
    StreamRead(
        path="/monitors/{model}",
        stream=lambda params: f"{KIND}/{params['model']}",
        view=one_monitor,
        answers=MonitorDeclared,
        summary="One monitor",
    ),
)
