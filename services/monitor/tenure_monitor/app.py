"""What is monitor made of?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from tenure_codec.binding import EventCodec
from tenure_decider import Decider
from tenure_eventlog.topics import MONITOR_EVENTS, OUTCOMES, PREDICTIONS, WINDOWS
from tenure_journal import Kind, Timer, TopicFold
from tenure_service import Channel, Part, Runtime, ServiceDefinition, run
from tenure_service.hosting import database_pool, hosted

from tenure_monitor import api
from tenure_monitor.callers import due
from tenure_monitor.callers.decider import caller_decider
from tenure_monitor.callers.hearing import Hearing
from tenure_monitor.decider import monitor_decider
from tenure_monitor.events import MonitorDeclared, MonitorEvent
from tenure_monitor.processor import TelemetryProcessor
from tenure_monitor.publisher import WindowPublisher
from tenure_monitor.telemetry import Outcome, Prediction, Window
from tenure_monitor.upcasters import UPCASTERS

DECIDERS: Mapping[str, Decider[Any, Any, Any]] = {api.KIND: monitor_decider, due.KIND: caller_decider}


def definition() -> ServiceDefinition:
    """Folds telemetry into windows; decides from its own topic alone."""
    codec = EventCodec("monitor", MonitorEvent, upcasters=UPCASTERS)
    kinds = tuple(Kind.of_decider(name, decider) for name, decider in DECIDERS.items())
    return ServiceDefinition(
        name="monitor",
        prefix="/monitor/v1",
        title="Monitor",
        fold=TopicFold(MONITOR_EVENTS, "monitor", codec, kinds),
        deciders=DECIDERS,
        channels=(
            Channel(PREDICTIONS, Prediction, sends=True, receives=True),
            Channel(OUTCOMES, Outcome, sends=True, receives=True),
            Channel(WINDOWS, Window, sends=True),
        ),
        router=api.router,
        reads=api.READS,
        timers=lambda runtime: [Timer("callers", due.callers_due(lambda: runtime.part(Hearing).traffic))],
        parts=open_parts,
        large_bodies=("/telemetry/predictions", "/telemetry/outcomes"),
    )


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The processor that fills the windows, the publisher that puts them onto the log, and who hears of callers."""
    async with AsyncExitStack() as stack:
        processor = TelemetryProcessor(lambda: monitors_of(runtime))
        telemetry = await stack.enter_async_context(hosted(runtime, processor))
        pool = await stack.enter_async_context(database_pool(runtime, max_size=4))
        publisher = WindowPublisher(runtime.event_log, pool)
        await stack.enter_async_context(publisher.publishing())
        windows = Part(name="windows", holds=publisher, settle=publisher.settle, trouble=lambda: publisher.trouble)
        hearing = Hearing(runtime.event_log, pool, telemetry)
        await stack.enter_async_context(hearing.listening(runtime.clock.now))
        callers = Part(name="callers", holds=hearing, settle=hearing.settle, trouble=lambda: hearing.trouble)
        yield [telemetry, windows, callers]


def monitors_of(runtime: Runtime) -> Mapping[str, MonitorDeclared]:
    """The declared monitors, by model."""
    streams = runtime.replica.streams(api.KIND).values()
    return {str(s.state.model): s.state for s in streams if s.state is not None and not s.parked}


def main() -> None:
    run(definition())
