"""How does a service come up, also where the log or its database is away just then?"""

import asyncio
from contextlib import AsyncExitStack

import structlog
from tenure_eventlog import LogUnavailable, TopicMismatch
from tenure_eventlog.topics import ACCESS, PROBE
from tenure_ingest import DatabaseAway
from tenure_journal import Reactor

from tenure_service.definition import Runtime

AGAIN_SECONDS = 1.0
AWAY = (LogUnavailable, DatabaseAway)

log = structlog.get_logger()


async def boot(runtime: Runtime, stack: AsyncExitStack) -> asyncio.Task[None] | None:
    """Starts the service, or leaves a task that goes on trying while log or database is away; `stack` closes it all.

    Raises TopicMismatch and whatever else more patience does not mend; so does the task.
    """
    try:
        await _try(runtime, stack)
    except AWAY as away:
        _wait(runtime, away)
        task = asyncio.create_task(_try_on(runtime, stack), name=f"boot-{runtime.definition.name}")
        stack.push_async_callback(_end, task)
        return task
    return None


async def _try_on(runtime: Runtime, stack: AsyncExitStack) -> None:
    while not runtime.started:
        await asyncio.sleep(AGAIN_SECONDS)
        try:
            await _try(runtime, stack)
        except AWAY as away:
            _wait(runtime, away)
        except Exception as refusal:
            runtime.waits_for = f"it can't: {type(refusal).__name__}: {refusal}"
            raise


async def _try(runtime: Runtime, stack: AsyncExitStack) -> None:
    definition, replica = runtime.definition, runtime.replica
    await _demand_topics(runtime)
    await replica.start()
    async with AsyncExitStack() as opening:
        runtime.parts = await opening.enter_async_context(definition.parts(runtime))
        if runtime.writer:
            reactions, timers = definition.reactions(runtime), definition.timers(runtime)
            reactor = Reactor(replica, runtime.writer, reactions, timers, runtime.clock, definition.name)
            opening.push_async_callback(reactor.stop)
            await reactor.start()
            runtime.reactor = reactor
        stack.push_async_callback(opening.pop_all().aclose)
    runtime.started = True


async def _demand_topics(runtime: Runtime) -> None:
    definition = runtime.definition
    folded = [fold.spec for fold in definition.folds]
    specs = [*folded, *(channel.spec for channel in definition.channels), ACCESS, PROBE]
    if different := await runtime.event_log.differences(specs):
        raise TopicMismatch("; ".join(different) + ": `tenure topics apply` makes what is missing")


def _wait(runtime: Runtime, away: LogUnavailable | DatabaseAway) -> None:
    runtime.waits_for = str(away) if isinstance(away, DatabaseAway) else f"the log can't be reached: {away}"
    log.warning("service_waits", service=runtime.definition.name, reason=runtime.waits_for)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
