"""Requests all the time, through a real HAProxy and through the Python router, each answer with its stamps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import httpx
from tenure.consumer import Consumer
from tenure.router import Route, Router
from tenure_eventlog import EventLog
from tenure_eventlog.topics import ROLLOUT_EVENTS

PAUSE_SECONDS = 0.002


class Answer(NamedTuple):
    """`epoch` and `version` only where whoever answered knows them."""

    asked_at: datetime
    answered_at: datetime
    release: str
    epoch: int | None = None
    version: str | None = None


class Routed(NamedTuple):
    """A route from when on it was decided."""

    at: datetime
    epoch: int
    versions: Mapping[str, str]
    serving: frozenset[str]


@dataclass(slots=True)
class Load:
    """`switched`: when the router came to hold each epoch."""

    gateway: str
    router: Router
    by_gateway: list[Answer] = field(default_factory=list)
    by_router: list[Answer] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    switched: dict[int, datetime] = field(default_factory=dict)

    def note(self, route: Route) -> None:
        self.switched[route.epoch] = now()

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._ask_gateway()), asyncio.create_task(self._ask_router())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _ask_gateway(self) -> None:
        async with httpx.AsyncClient(base_url=self.gateway) as client:
            while True:
                asked_at = now()
                answer = await client.get("/")
                release = answer.headers.get("tenure-release")
                if release is None:
                    self.failed.append(f"{answer.status_code} at {asked_at}")
                else:
                    self.by_gateway.append(Answer(asked_at, now(), release))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask_router(self) -> None:
        for number in count():
            asked_at, choice = now(), self.router.choose(f"request-{number}")
            await asyncio.sleep(PAUSE_SECONDS)  # the model answers meanwhile
            stamps = choice.stamps
            told = (stamps["Tenure-Release"], int(stamps["Tenure-Route-Epoch"]), choice.arm.model_version)
            self.by_router.append(Answer(asked_at, now(), *told))


def now() -> datetime:
    return datetime.now(UTC)


async def history(log: EventLog, stream: str) -> tuple[list[Routed], list[Mapping[str, Any]]]:
    """All routes of a deployment, and what its gateways said, as they are on the log."""
    routes, observed = list[Routed](), list[Mapping[str, Any]]()
    async for event in Consumer(log, [ROLLOUT_EVENTS]).events(until_end=True):
        fields = event.fields or {}
        if event.attributes.subject == stream and event.name == "route-changed":
            arms = fields["arms"]
            serving = frozenset(arm["release"] for arm in arms if arm["weight_percent"])
            versions = {arm["release"]: arm["model_version"] for arm in arms}
            routes.append(Routed(fields["changed_at"], fields["epoch"], versions, serving))
        elif event.attributes.subject == stream and event.name == "route-observed":
            observed.append(fields)
    return routes, observed


def in_force(routes: Sequence[Routed], since: datetime, until: datetime) -> list[Routed]:
    """Those that were decided up to `until` and still were in force at `since`."""
    ends = [*(route.at for route in routes[1:]), None]
    return [r for r, end in zip(routes, ends, strict=True) if r.at <= until and (end is None or end >= since)]


def strays(answers: Sequence[Answer], routes: Sequence[Routed], window: timedelta) -> list[Answer]:
    """Answers of a release that served neither then nor within the window before."""
    return [
        one
        for one in answers
        if not any(one.release in r.serving for r in in_force(routes, one.asked_at - window, one.answered_at))
    ]


def mixed(answers: Sequence[Answer], routes: Sequence[Routed]) -> list[Answer]:
    """Answers whose release, version and epoch are not of one record."""
    by_epoch = {route.epoch: route for route in routes}
    return [one for one in answers if by_epoch[one.epoch or 0].versions.get(one.release) != one.version]
