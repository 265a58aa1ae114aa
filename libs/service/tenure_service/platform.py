"""Opened in order, closed in reverse: one service of a cluster, or all in one process."""

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import socket

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from tenure_eventlog import EventLog, LogUnavailable, OutcomeUnknown, TopicMismatch
from tenure_eventlog.open import embedded_dsn, open_log
from tenure_eventlog.topics import ACCESS, PROBE
from tenure_journal import Clock, Reactor, Replica, Writer
from tenure_journal.probe import clock_ahead_us

from tenure_service.access import AccessLog
from tenure_service.definition import Runtime, ServiceDefinition
from tenure_service.docs import Described, add_docs
from tenure_service.fast import add_reads
from tenure_service.limits import Limits
from tenure_service.logs import configure
from tenure_service.metrics import Metrics
from tenure_service.origin import origin_app
from tenure_service.problems import install
from tenure_service.settings import ServiceSettings, clock_of
from tenure_service.system import router as system_router
from tenure_service.tokens import Authenticator, TokenStore

PROBE_SECONDS = 30
MOST_AHEAD_US = 5_000_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Platform:
    """One ASGI app in front of the services that run in this process."""

    app: Starlette
    runtimes: Mapping[str, Runtime]


@asynccontextmanager
async def open_platform(
    settings: ServiceSettings,
    definitions: Sequence[ServiceDefinition],
    *,
    event_log: EventLog,
    authenticator: Authenticator | None = None,
) -> AsyncIterator[Platform]:
    """Starts the services over one log: topics checked, replicas caught up, reactions on. Raises TopicMismatch."""
    clock = clock_of(settings.clock)
    tokens = authenticator or TokenStore(settings.tokens)
    async with AsyncExitStack() as stack:
        runtimes = {
            definition.name: await stack.enter_async_context(_open(settings, definition, event_log, clock, tokens))
            for definition in definitions
        }
        probe = asyncio.create_task(_probe_on(event_log, list(runtimes.values())))
        stack.callback(probe.cancel)
        yield Platform(_whole(list(runtimes.values()), event_log, tokens), runtimes)


@asynccontextmanager
async def _open(
    settings: ServiceSettings,
    definition: ServiceDefinition,
    event_log: EventLog,
    clock: Clock,
    authenticator: Authenticator,
) -> AsyncIterator[Runtime]:
    folds = [definition.fold, *definition.foreign]
    await _demand_topics(event_log, definition)
    replica = Replica(event_log, folds)
    access = AccessLog(event_log, definition.name, lambda: datetime.now(UTC))
    runtime = Runtime(
        definition=definition,
        settings=settings,
        event_log=event_log,
        clock=clock,
        authenticator=authenticator,
        access=access,
        metrics=Metrics(definition.name),
        replica=replica,
        writer=Writer(event_log, replica, definition.fold, definition.deciders),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(replica.stop)
        await replica.start()
        await access.start()
        stack.push_async_callback(access.stop)
        runtime.parts = await stack.enter_async_context(definition.parts(runtime))
        reactions, timers = definition.reactions(runtime), definition.timers(runtime)
        reactor = Reactor(replica, runtime.writer, reactions, timers, clock, definition.name)
        await reactor.start()
        stack.push_async_callback(reactor.stop)
        runtime.reactor = reactor
        yield runtime
        runtime.stopping = True


async def _demand_topics(event_log: EventLog, definition: ServiceDefinition) -> None:
    others = [channel.spec for channel in definition.channels]
    specs = [definition.fold.spec, *(fold.spec for fold in definition.foreign), *others, ACCESS, PROBE]
    if different := await event_log.differences(specs):
        raise TopicMismatch("; ".join(different) + ": `tenure topics apply` makes what is missing")


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
                runtime.writer.clock_ahead_us = ahead  # it refuses to append with a wrong clock
                runtime.clock_trouble = off if abs(ahead) > MOST_AHEAD_US else None
        await asyncio.sleep(PROBE_SECONDS)


def _whole(runtimes: Sequence[Runtime], event_log: EventLog, authenticator: Authenticator) -> Starlette:
    """The services by their prefixes; all else is the origin's own."""
    services = [
        Described(d.name, d.title, d.prefix, _app(runtime)) for runtime in runtimes for d in [runtime.definition]
    ]
    mounts = [Mount(service.prefix, service.app) for service in services]
    return Starlette(routes=[*mounts, Mount("", origin_app(runtimes, services, event_log, authenticator))])


def _app(runtime: Runtime) -> FastAPI:
    definition = runtime.definition
    app = FastAPI(title=f"Tenure {definition.title}", version="1", docs_url=None, redoc_url=None)
    app.state.runtime = runtime
    install(app)
    app.include_router(definition.router)
    app.include_router(system_router)
    add_reads(app, tuple(definition.reads))
    add_docs(app, definition)
    app.add_middleware(Limits, large=tuple(definition.large_bodies), answered=runtime.metrics.answered)
    return app


async def serve(settings: ServiceSettings, definitions: Sequence[ServiceDefinition]) -> None:
    """Runs until a signal: SIGINT or SIGTERM drain and stop."""
    configure(settings.log_format)
    async with AsyncExitStack() as stack:
        settings = await _with_database(settings, definitions, stack)
        event_log = await stack.enter_async_context(open_log(settings.log))
        platform = await stack.enter_async_context(open_platform(settings, definitions, event_log=event_log))
        config = uvicorn.Config(
            platform.app,
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
        names = ", ".join(definition.name for definition in definitions)
        ready_line = f"tenure: {names} on http://{settings.host}:{settings.port}\n"
        await DrainingServer(config, ready_line).serve()


class DrainingServer(uvicorn.Server):
    """Says when it listens; a signal drains and returns, so that all that was opened is closed."""

    def __init__(self, config: uvicorn.Config, ready_line: str) -> None:
        super().__init__(config)
        self._ready_line = ready_line

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._ready_line)
            sys.stdout.flush()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at its end, which kills the process before the log is closed
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


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
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(serve(ServiceSettings(), definitions))


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # not on Windows

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
