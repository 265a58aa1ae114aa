"""Opened in order, closed in reverse: one service of a cluster, or all in one process."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import socket

import structlog
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp
from tenure_eventlog import EventLog, LogUnavailable, OutcomeUnknown, TopicMismatch
from tenure_eventlog.open import AddressUnknown, embedded_dsn
from tenure_journal import Clock, Replica, Writer, collect_rarely
from tenure_journal.probe import clock_ahead_us

from tenure_service.access import AccessLog
from tenure_service.authenticators import open_authenticator
from tenure_service.boot import boot
from tenure_service.definition import Runtime, ServiceDefinition
from tenure_service.direct import Direct, ways_of
from tenure_service.docs import Described, add_docs
from tenure_service.fast import add_reads
from tenure_service.front import Front
from tenure_service.late import FINAL, LateLog
from tenure_service.limits import Limits, Rates
from tenure_service.logs import configure
from tenure_service.metrics import Metrics
from tenure_service.origin import origin_app
from tenure_service.problems import install
from tenure_service.server import DrainingServer, PortTaken, bound, new_loop
from tenure_service.settings import ServiceSettings, SettingsWrong, clock_of, told_in_a_line
from tenure_service.system import router as system_router
from tenure_service.system import voids
from tenure_service.tokens import Authenticator

PROBE_SECONDS = 30
MOST_AHEAD_US = 5_000_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Platform:
    """One ASGI app in front of the services that run in this process. `booting`: who still waits for the log."""

    app: ASGIApp
    runtimes: Mapping[str, Runtime]
    booting: Sequence[asyncio.Task[None]] = ()


@asynccontextmanager
async def open_platform(
    settings: ServiceSettings,
    definitions: Sequence[ServiceDefinition],
    *,
    event_log: EventLog,
    authenticator: Authenticator | None = None,
) -> AsyncIterator[Platform]:
    """Starts the services over one log: topics checked, replicas caught up, reactions on. Raises TopicMismatch.

    Where the log is away they are there, not ready, and start when it comes back.
    """
    clock = clock_of(settings.clock)
    rates = Rates(settings.requests_per_second)
    async with AsyncExitStack() as stack:
        if authenticator is None:
            authenticator = await stack.enter_async_context(open_authenticator(settings))
        opened = [
            await stack.enter_async_context(_open(settings, definition, event_log, clock, authenticator, rates))
            for definition in definitions
        ]
        runtimes = [runtime for runtime, _ in opened]
        probe = asyncio.create_task(_probe_on(event_log, runtimes))
        stack.callback(probe.cancel)
        app = _whole(runtimes, event_log, authenticator, rates)
        booting = [task for _, task in opened if task]
        yield Platform(app, {runtime.definition.name: runtime for runtime in runtimes}, booting)


@asynccontextmanager
async def _open(
    settings: ServiceSettings,
    definition: ServiceDefinition,
    event_log: EventLog,
    clock: Clock,
    authenticator: Authenticator,
    rates: Rates,
) -> AsyncIterator[tuple[Runtime, asyncio.Task[None] | None]]:
    replica, fold = Replica(event_log, definition.folds), definition.fold
    access = AccessLog(event_log, definition.name, lambda: datetime.now(UTC))
    runtime = Runtime(
        definition=definition,
        settings=settings,
        event_log=event_log,
        clock=clock,
        authenticator=authenticator,
        access=access,
        metrics=Metrics(definition.name),
        rates=rates,
        replica=replica,
        writer=Writer(event_log, replica, fold, definition.deciders) if fold else None,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(replica.stop)
        await access.start()
        stack.push_async_callback(access.stop)
        yield runtime, await boot(runtime, stack)
        runtime.stopping = True


async def _probe_on(event_log: EventLog, runtimes: Sequence[Runtime]) -> None:
    """A writer whose clock is off is not ready: the log would call its events untimely."""
    while True:
        try:
            ahead = await clock_ahead_us(event_log, lambda: datetime.now(UTC))
        except (LogUnavailable, OutcomeUnknown) as trouble:
            log.warning("clock_not_probed", reason=str(trouble))
        else:
            off = f"this machine's clock is {ahead / 1e6:+.1f} s off the log's: set it right"
            for runtime in runtimes:
                if runtime.writer:
                    runtime.writer.clock_ahead_us = ahead  # it refuses to append with a wrong clock
                runtime.clock_trouble = off if abs(ahead) > MOST_AHEAD_US else None
        await asyncio.sleep(PROBE_SECONDS)


def _whole(runtimes: Sequence[Runtime], event_log: EventLog, authenticator: Authenticator, rates: Rates) -> ASGIApp:
    """The services by their prefixes; all else is the origin's own."""
    described, services = list[Described](), dict[str, ASGIApp]()
    for runtime in runtimes:
        definition = runtime.definition
        app, services[definition.prefix] = _app(runtime)
        described.append(Described(definition.name, definition.title, definition.prefix, app))
    return Front(services, origin_app(runtimes, described, event_log, authenticator, rates))


def _app(runtime: Runtime) -> tuple[FastAPI, ASGIApp]:
    """The service's app, and what stands before it."""
    definition = runtime.definition
    app = FastAPI(title=f"Tenure {definition.title}", version="1", docs_url=None, redoc_url=None)
    app.state.runtime = runtime
    install(app)
    routers = [definition.router, system_router, *([voids] if definition.fold else [])]
    for router in routers:
        app.include_router(router)
    routes = [route for router in routers for route in router.routes]
    ways = [way for route in routes if isinstance(route, APIRoute) for way in ways_of(route)]
    app.state.ways = [*ways, *add_reads(app, definition.reads)]
    direct = Direct(app, app.state.ways)
    add_docs(app, definition)
    return app, Limits(direct, large=tuple(definition.large_bodies), answered=runtime.metrics.answered)


async def serve(
    settings: ServiceSettings, definitions: Sequence[ServiceDefinition], listener: socket | None = None
) -> None:
    """Runs until a signal: SIGINT or SIGTERM drain and stop. Raises PortTaken, before anything else is opened."""
    configure(settings.log_format)
    collect_rarely()
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listener or bound(settings.host, settings.port))
        settings = await _with_database(settings, definitions, stack)
        event_log = await stack.enter_async_context(LateLog(settings.log))
        platform = await stack.enter_async_context(open_platform(settings, definitions, event_log=event_log))
        config = uvicorn.Config(
            platform.app,
            host=settings.host,
            port=listener.getsockname()[1],
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
        names = ", ".join(definition.name for definition in definitions)
        server = DrainingServer(config, f"tenure: {names} on http://{config.host}:{config.port}\n")
        starting = [task for task in (event_log.opening, *platform.booting) if task]
        for task in starting:
            task.add_done_callback(server.end_if_failed)
        await server.serve([listener])
        for task in starting:
            if task.done():
                task.result()


async def _with_database(
    settings: ServiceSettings, definitions: Sequence[ServiceDefinition], stack: AsyncExitStack
) -> ServiceSettings:
    """In embedded mode log and read models share the embedded server."""
    scheme, _, directory = settings.log.partition(":")
    if scheme != "embedded" or settings.database:
        return settings
    dsn = await stack.enter_async_context(embedded_dsn(directory))
    return settings.model_copy(update={"database": dsn})


def run(*definitions: ServiceDefinition) -> None:
    """The main of a service: settings from the environment, one line when ready."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            with told_in_a_line():
                settings = ServiceSettings()
            runner.run(serve(settings, definitions))
        except (SettingsWrong, PortTaken, TopicMismatch, AddressUnknown, *FINAL) as refusal:
            sys.exit(f"{type(refusal).__name__}: {refusal}")
