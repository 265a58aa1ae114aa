"""A model that is watched, and the telemetry of its releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from tenure_eventlog import Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, WINDOWS
from tenure_monitor.app import definition
from tenure_monitor.metrics import LOSSES
from tenure_monitor.telemetry import Outcome, Prediction, write
from tenure_service import Platform, Principal, ServiceSettings, open_platform

NOON = datetime(2013, 3, 1, 12, tzinfo=UTC)
Sums = dict[tuple[str, str, datetime], tuple[int, float, float]]


class Desk:
    """An authenticator for whom the token is the role."""

    def principal(self, token: str) -> Principal | None:
        if token not in ("engineer", "producer", "viewer", "admin"):
            return None
        return Principal(id=f"p-{token}", name=token, roles=frozenset({token}))


def prediction(
    request_id: str,
    score: float | None,
    *,
    release: str = "r1",
    minutes: float = 0,
    model: str = "delays",
    consumer: str | None = None,
    version: str = "1",
    **more: Any,
) -> Prediction:
    return Prediction(
        request_id=request_id,
        model=model,
        environment="production",
        release=release,
        model_version=version,
        route_epoch=5,
        entity="N14228",
        score=score,
        context_age_seconds=3.0,
        predicted_at=NOON + timedelta(minutes=minutes),
        consumer=consumer,
        **more,
    )


def outcome(request_id: str, label: float, *, model: str = "delays") -> Outcome:
    return Outcome(request_id=request_id, model=model, label=label, occurred_at=NOON)


def sums_of(predictions: Iterable[Prediction], labels: dict[str, float]) -> Sums:
    """What the windows of an hour must say, computed one by one; scores are such that sums are exact."""
    found: Sums = defaultdict(lambda: (0, 0.0, 0.0))
    for one in predictions:
        for metric, loss_of in LOSSES.items():
            assert one.score is not None, "these did not fail"
            loss = loss_of(one.score, labels[one.request_id])
            key = (one.release, metric, one.predicted_at.replace(minute=0, second=0, microsecond=0))
            n, total, squares = found[key]
            found[key] = (n + 1, total + loss, squares + loss * loss)
    return dict(found)


@dataclass(slots=True)
class Watch:
    log: MemoryLog
    dsn: str
    directory: Path
    platform: Platform
    numbers: count[int]

    @classmethod
    async def open(
        cls, dsn: str, directory: Path, stack: AsyncExitStack, metrics: Sequence[str] = ("brier", "error")
    ) -> Watch:
        log = MemoryLog()
        await log.create_topics(ALL_TOPICS)
        watch = cls(log, dsn, directory, await opened(log, dsn, directory, stack), count(1))
        declared = {"model": "delays", "metrics": list(metrics), "window_seconds": 3_600}
        response = await watch.ask("POST", "/monitors", declared, "engineer")
        assert response.status_code == 201, response.text
        return watch

    async def again(self, stack: AsyncExitStack) -> Watch:
        """A second process over the same log and the same database."""
        platform = await opened(self.log, self.dsn, self.directory, stack)
        return Watch(self.log, self.dsn, self.directory, platform, self.numbers)

    async def ask(self, method: str, path: str, body: Any = None, role: str = "viewer", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {role}", "Idempotency-Key": f"key-{next(self.numbers)}"}
        content = None if body is None else body if isinstance(body, bytes) else write(body)
        headers |= {"Content-Type": "application/json"} if content else {}
        transport = httpx.ASGITransport(self.platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure/monitor/v1") as client:
            return await client.request(method, path, content=content, headers=headers, **more)

    async def tell(self, *told: Prediction | Outcome) -> None:
        """Sends telemetry in one batch of each sort, predictions first."""
        for path, sort in (("predictions", Prediction), ("outcomes", Outcome)):
            if batch := [one for one in told if isinstance(one, sort)]:
                response = await self.ask("POST", f"/telemetry/{path}", batch, "producer")
                assert (response.status_code, response.json()) == (200, {"appended": len(batch)})

    async def settled(self, now: datetime = NOON) -> None:
        """All telemetry so far is folded, all windows are published, and what is due by then was done."""
        ends = await self.log.end_offsets([spec.name for spec in ALL_TOPICS])
        at_least = {f"{p.topic}/{p.number}": at for p, at in ends.items()}
        body = {"now": now.isoformat(), "at_least": at_least}
        response = await self.ask("PUT", "/clock", body, "admin")
        assert response.status_code == 200, response.text

    async def sums(self, **query: str) -> Sums:
        """The windows as HTTP tells them."""
        response = await self.ask("GET", "/windows", params={"model": "delays", **query})
        assert response.status_code == 200, response.text
        return {key_of(window): figures(window) for window in response.json()["items"]}

    async def published(self) -> list[dict[str, Any]]:
        """All records of `tenure.monitor.windows`."""
        ends = await self.log.end_offsets([WINDOWS.name])
        found = []
        for partition in (partition for partition, end in ends.items() if end):
            async with aclosing(self.log.read({Partition(*partition): 0})) as batches:
                found += [msgspec.json.decode(record.value or b"") for record in (await anext(batches)).records]
        return found

    async def told(self) -> list[tuple[str, str, str, int]]:
        """What monitor told of callers, in order: the event, the version, the consumer, the calls by then."""
        stream = await self.platform.runtimes["monitor"].replica.events("monitor/callers/delays")
        return [(type(one).__name__, one.model_version, one.consumer, one.counted) for _, one in stream]

    async def sql(self, query: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


def newest(records: Iterable[dict[str, Any]]) -> Sums:
    """What a reader makes of the records: of each window the highest revision."""
    ordered = sorted(records, key=lambda window: window["revision"])
    return {key_of(window): figures(window) for window in ordered}


def key_of(window: dict[str, Any]) -> tuple[str, str, datetime]:
    return window["release"], window["metric"], datetime.fromisoformat(window["window_start"])


def figures(window: dict[str, Any]) -> tuple[int, float, float]:
    return window["n"], window["sum"], window["sum_of_squares"]


async def opened(log: MemoryLog, dsn: str, directory: Path, stack: AsyncExitStack) -> Platform:
    settings = ServiceSettings(
        log="memory", database=dsn, tokens=directory / "tokens.json", clock=f"stepped:{NOON.isoformat()}"
    )
    return await stack.enter_async_context(open_platform(settings, [definition()], event_log=log, authenticator=Desk()))
