"""What does the origin itself answer, for all services of this process together?"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from tenure_eventlog import EventLog, Partition

from tenure_service import start_page
from tenure_service.definition import Runtime
from tenure_service.docs import Described, ask_for_token, whole_docs
from tenure_service.limits import Limits, Rates
from tenure_service.problems import Problem, install
from tenure_service.requests import READERS, authenticated, role_missing
from tenure_service.system import CLOCK_SECONDS, NewInstant, step
from tenure_service.tokens import Authenticator, Role
from tenure_service.vector import partitions_of, vector_names

MOST_ROUNDS = 50


class Origin:
    """Its endpoints; `runtimes` are in the order in which facts flow."""

    def __init__(
        self, runtimes: Sequence[Runtime], event_log: EventLog, authenticator: Authenticator, rates: Rates
    ) -> None:
        self._runtimes, self._log, self._authenticator, self._rates = runtimes, event_log, authenticator, rates

    async def page(self, request: Request) -> Response:
        """Links and health for everyone; the newest events only for who shows a token."""
        rows = await self._newest(request) if "authorization" in request.headers else None
        headers = {"Content-Security-Policy": start_page.POLICY}
        return HTMLResponse(start_page.render(self._runtimes, rows), headers=headers)

    async def newest(self, request: Request) -> Response:
        """The newest events of all services, newest first."""
        return _json([row._asdict() for row in await self._newest(request)])

    async def alive(self) -> Response:
        """The process answers."""
        return _json({"alive": True})

    async def ready(self) -> Response:
        """Whether all services should get requests, and why not; `degraded` says what does not keep them from it."""
        reasons = {r.definition.name: r.reasons() for r in self._runtimes}
        degraded = {r.definition.name: r.degraded() for r in self._runtimes}
        is_ready = not any(reasons.values())
        return _json({"ready": is_ready, "reasons": reasons, "degraded": degraded}, 200 if is_ready else 503)

    async def metrics(self) -> Response:
        """For Prometheus."""
        text = b"".join([runtime.metrics.text() for runtime in self._runtimes])
        return Response(text, media_type="text/plain; version=0.0.4")

    async def move_clock(self, body: NewInstant, request: Request) -> Response:
        """Moves the stepped clock of all services once everything written so far is passed, and does what is due then.

        `settled` where nothing more comes of it: what one service wrote the others have read and acted on.
        """
        self._demand(request, "admin")
        for runtime in self._runtimes:
            runtime.demand_started()
        try:
            async with asyncio.timeout(CLOCK_SECONDS):
                settled, ends = await self._step(body.now, partitions_of(body.at_least))
        except TimeoutError:
            raise Problem(503, "behind", "not everything written so far was read within a minute") from None
        return _json({"settled": settled, "offsets": vector_names(ends)})

    async def _step(self, now: datetime, seen: Mapping[Partition, int]) -> tuple[bool, Mapping[Partition, int]]:
        read = {partition.topic for runtime in self._runtimes for partition in runtime.positions()}
        topics = sorted(read | {partition.topic for partition in seen})
        ends: Mapping[Partition, int] = {**await self._log.end_offsets(topics), **seen}
        for _ in range(MOST_ROUNDS):
            quiet = True
            for runtime in self._runtimes:
                await step(runtime, now, ends)
                quiet = await runtime.settle() and quiet
                ends, before = await self._log.end_offsets(topics), ends
                quiet = quiet and ends == before
            if quiet:
                return True, ends
        return False, ends

    async def _newest(self, request: Request) -> list[start_page.Row]:
        self._demand(request, *READERS)
        return await start_page.newest(self._log, sorted({t for r in self._runtimes for t in r.replica.topics}))

    def _demand(self, request: Request, *roles: Role) -> None:
        principal = authenticated(request, self._authenticator)
        self._rates.demand(principal.id)
        if not principal.may(*roles):
            raise role_missing(principal, roles)


def origin_app(
    runtimes: Sequence[Runtime],
    services: Sequence[Described],
    event_log: EventLog,
    authenticator: Authenticator,
    rates: Rates,
) -> FastAPI:
    """The app of what lies beside the services."""
    app = FastAPI(title="Tenure", version="1", openapi_url=None)
    install(app)
    origin = Origin(runtimes, event_log, authenticator, rates)
    app.add_api_route("/", origin.page, methods=["GET"], include_in_schema=False)
    app.add_api_route("/healthz", origin.alive, methods=["GET"])
    app.add_api_route("/readyz", origin.ready, methods=["GET"])
    app.add_api_route("/metrics", origin.metrics, methods=["GET"])
    app.add_api_route("/log/newest", origin.newest, methods=["GET"])
    app.add_api_route("/clock", origin.move_clock, methods=["PUT"])
    ask_for_token(app)
    described = [Described("origin", "Origin", "", app), *services]
    app.router.routes.extend(whole_docs(described, [runtime.definition for runtime in runtimes]))
    app.add_middleware(Limits)
    return app


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
