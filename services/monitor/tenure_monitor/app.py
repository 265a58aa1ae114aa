"""What is monitor made of?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import MONITOR_EVENTS, OUTCOMES, PREDICTIONS, WINDOWS
from tenure_journal import Kind, TopicFold
from tenure_service import Channel, Part, Runtime, ServiceDefinition, run
from tenure_service.hosting import database_of, hosted

from tenure_monitor import api
from tenure_monitor.decider import monitor_decider
from tenure_monitor.events import MonitorDeclared, MonitorEvent
from tenure_monitor.processor import TelemetryProcessor
from tenure_monitor.publisher import WindowPublisher
from tenure_monitor.telemetry import Outcome, Prediction, Window
from tenure_monitor.upcasters import UPCASTERS


def definition() -> ServiceDefinition:
    """Folds telemetry into windows; decides from its own topic alone."""
    codec = EventCodec("monitor", MonitorEvent, upcasters=UPCASTERS)
    return ServiceDefinition(
        name="monitor",
        prefix="/monitor/v1",
        title="Monitor",
        fold=TopicFold(MONITOR_EVENTS, "monitor", codec, (Kind.of_decider(api.KIND, monitor_decider),)),
        deciders={api.KIND: monitor_decider},
        channels=(
            Channel(PREDICTIONS, Prediction, sends=True, receives=True),
            Channel(OUTCOMES, Outcome, sends=True, receives=True),
            Channel(WINDOWS, Window, sends=True),
        ),
        router=api.router,
        reads=api.READS,
        parts=open_parts,
        large_bodies=("/telemetry/predictions", "/telemetry/outcomes"),
    )


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The processor that fills the windows, and the publisher that puts them onto the log."""
    async with AsyncExitStack() as stack:
        processor = TelemetryProcessor(lambda: monitors_of(runtime))
        telemetry = await stack.enter_async_context(hosted(runtime, processor))
        pool = await stack.enter_async_context(asyncpg.create_pool(database_of(runtime), min_size=1, max_size=4))
        publisher = WindowPublisher(runtime.event_log, pool)
        await stack.enter_async_context(publisher.publishing())
        windows = Part(name="windows", holds=publisher, settle=publisher.settle, trouble=lambda: publisher.trouble)
        yield [telemetry, windows]


def monitors_of(runtime: Runtime) -> Mapping[str, MonitorDeclared]:
    """The declared monitors, by model."""
    streams = runtime.replica.streams(api.KIND).values()
    return {str(s.state.model): s.state for s in streams if s.state is not None and not s.parked}


def main() -> None:
    run(definition())
