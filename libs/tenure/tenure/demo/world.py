"""The airline's side of the demo: its connector, its clock, its traffic. It knows the platform by API and log alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from tenure_eventlog import EventLog, Message
from tenure_eventlog.topics import ALL_TOPICS, DAY_MS, TopicSpec

from tenure.client import AsyncClient, ProblemError
from tenure.consumer import Consumer, Event
from tenure.demo.flights import PLANES_TOPIC, WEATHER_FIELDS, WEATHER_TOPIC, weather_changes
from tenure.demo.telling import Teller
from tenure.demo.training import Trained
from tenure.router import Arm, Router

HOUR = timedelta(hours=1)
DEPLOYMENT = "delay-predictor@production"
CONSUMER = "departure-board"
MOST_ROUNDS = 50
CHANGE_TOPICS = tuple(
    TopicSpec(name=name, partitions=2, retention_ms=365 * DAY_MS) for name in (WEATHER_TOPIC, PLANES_TOPIC)
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One running service, asked directly; `prefix` is where its API is."""

    name: str
    prefix: str
    client: AsyncClient


@dataclass(frozen=True, slots=True)
class Served:
    """The stamps on one prediction that was really made."""

    at: datetime
    key: str
    release: str
    epoch: int


@dataclass(slots=True)
class World:
    """Everything that the acts need.

    `clients` are by the name of who acts, `names` by the principal's id; `steppers`: whose clocks make all move;
    `revisions`: which ones of the weather were read in each hour; `rollback_ms`: from the judge's decision to the last
    router, and `mixed_tuples`: what the routers met that no release is.
    """

    log: EventLog
    instances: Sequence[Instance]
    steppers: Sequence[Instance]
    clients: dict[str, AsyncClient]
    teller: Teller
    names: Mapping[str, str]
    flights: pd.DataFrame
    weather: pd.DataFrame
    now: datetime
    trained: dict[str, Trained] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    commands: int = 0
    receipts: int = 0
    weather_flows: bool = True
    weather_altered: bool = False
    revisions: list[tuple[datetime, frozenset[int]]] = field(default_factory=list)
    predictions: int = 0
    rollback_ms: float | None = None
    mixed_tuples: int = 0
    _weather_next: int = 0
    _landing: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    _consumer: Consumer | None = None
    _router: Router | None = None

    async def command(self, who: str, path: str, body: Any = None) -> Any:
        """Sends a command as that principal; the receipt."""
        self.commands += 1
        receipt = await self.clients[who].post(path, body)
        self.receipts += 1
        return receipt

    async def refused(self, who: str, path: str, body: Any, rule: str) -> None:
        """The same, where that rule must say no; shows what it says. Raises AssertionError where it does not."""
        try:
            await self.command(who, path, body)
        except ProblemError as refusal:
            if refusal.type != f"urn:tenure:problem:{rule}":
                raise
            await self.show_news()
            self.teller.remark(f"refused: {self.with_names(refusal.problem['detail'])}")
        else:
            raise AssertionError(f"{rule} let {path} through")

    async def settle(self) -> None:
        """Returns when everything written so far was read, and nothing more comes of it."""
        topics = [spec.name for spec in (*ALL_TOPICS, *CHANGE_TOPICS) if spec.name not in UNREAD]
        ends = await self.log.end_offsets(topics)
        for _ in range(MOST_ROUNDS):
            quiet = True
            for instance in self.steppers:
                seen = {f"{p.topic}/{p.number}": at for p, at in ends.items()}
                body = {"now": self.now.isoformat(), "at_least": seen}
                answer = await instance.client.put(f"{instance.prefix}/clock", body)
                quiet = quiet and answer["settled"]
                ends, before = await self.log.end_offsets(topics), ends
                quiet = quiet and ends == before
            if quiet:
                await self.show_news()
                return
        raise RuntimeError("the platform does not come to rest")

    async def show_news(self) -> None:
        """One line for each lifecycle event that is new, in the order in which they were decided."""
        self._consumer = self._consumer or Consumer(self.log)
        news = [event async for event in self._consumer.events(until_end=True)]
        for event in sorted(news, key=lambda event: event.attributes.recorded_time):
            self.events.append(event)
            self.teller.event(event)

    def with_names(self, text: str) -> str:
        """The text with the cast's names in place of their principals' ids."""
        for principal, name in self.names.items():
            text = text.replace(principal, f"the {name}")
        return text

    async def step_to(self, instant: datetime) -> None:
        """The connector writes what happened by then, the clock moves, and everything settles."""
        self.now = instant
        await self.append_changes(instant)
        await self.tell_outcomes(instant)
        await self.settle()

    def next_hour(self) -> datetime:
        """An hour on; two where nobody flies in the next one, so that the night is short."""
        begin, end = (self.flights["at"].searchsorted(pd.Timestamp(self.now + n * HOUR)) for n in (1, 2))
        return self.now + (HOUR if begin < end else 2 * HOUR)

    async def append_changes(self, until: datetime) -> None:
        """Weather observed by `until`, as the connector would write it; none while the feed is cut."""
        if not self.weather_flows:
            return
        stop = int(self.weather["at"].searchsorted(pd.Timestamp(until), side="right"))
        observed = self.weather.iloc[self._weather_next : stop]
        await self.append(WEATHER_TOPIC, weather_changes(observed, altered=self.weather_altered))
        self._weather_next = stop

    async def append(self, topic: str, changes: Iterable[tuple[bytes, bytes]]) -> None:
        """Writes changes onto the log, in order."""
        messages = [Message(topic, key, value) for key, value in changes]
        for start in range(0, len(messages), 1_000):
            await self.log.append(messages[start : start + 1_000])

    async def tell_outcomes(self, until: datetime) -> None:
        """The outcomes of flights that have landed by then."""
        landed = [outcome for at, outcome in self._landing if at <= until]
        self._landing = [pair for pair in self._landing if pair[0] > until]
        for start in range(0, len(landed), 2_000):
            await self.clients["producer"].post("/monitor/v1/telemetry/outcomes", landed[start : start + 2_000])

    async def fly(self, hour: datetime) -> None:
        """Predicts the flights that depart in that hour, through the router, out of the served context."""
        begin, end = (self.flights["at"].searchsorted(pd.Timestamp(at)) for at in (hour, hour + HOUR))
        flights = self.flights.iloc[begin:end]
        if flights.empty:
            return
        self._router = self._router or Router(self.clients["producer"], DEPLOYMENT)
        route = await self._router.refresh()
        arms = self._router.assign(list(flights.request_id))
        rows, age = await self.with_context(flights, arms)
        self.revisions.append((hour, frozenset(map(revision_of, arms))))
        scores = self.score(rows, arms)
        told = [
            prediction(row, arm, score, route.epoch, age, hour, CONSUMER)
            for row, arm, score in zip(rows.itertuples(), arms, scores, strict=True)
        ]
        await self.clients["producer"].post("/monitor/v1/telemetry/predictions", told)
        self.predictions += len(told)
        self.served += [Served(hour, one["request_id"], one["release"], one["route_epoch"]) for one in told]
        self._landing += [(row.landed_at.to_pydatetime(), outcome(row)) for row in rows.itertuples()]

    async def call(self, consumer: str, model_version: str) -> None:
        """The next flight, predicted by a version that somebody asks past the router: under no route's epoch."""
        begin = int(self.flights["at"].searchsorted(pd.Timestamp(self.now)))
        arm = Arm(release=f"r{model_version}", model_version=model_version, weight_percent=100)
        rows, age = await self.with_context(self.flights.iloc[begin : begin + 1], [arm])
        [score], [row] = self.score(rows, [arm]), rows.itertuples()
        asked = prediction(row, arm, score, 0, age, self.now, consumer)
        asked["request_id"] += f"-{consumer}"
        await self.clients["producer"].post("/monitor/v1/telemetry/predictions", [asked])
        self.predictions += 1

    async def with_context(self, flights: pd.DataFrame, arms: Sequence[Arm]) -> tuple[pd.DataFrame, float]:
        """The flights with the weather by the revision that each one's arm reads, and its greatest age in seconds."""
        revisions = [revision_of(arm) for arm in arms]
        known, ages = dict[tuple[int, str], Any](), list[float]()
        for revision in sorted(set(revisions)):
            origins = sorted({o for o, read in zip(flights.origin, revisions, strict=True) if read == revision})
            body = {"keys": [{"origin": origin} for origin in origins], "model": "delay-predictor"}
            path = f"/context/v1/contexts/weather/revisions/{revision}/read"
            answer = await self.clients["producer"].post(path, body)
            known |= {(revision, o): row["values"] for o, row in zip(origins, answer["rows"], strict=True)}
            ages += [row["age_seconds"] for row in answer["rows"]]
        rows = [known[place] for place in zip(revisions, flights.origin, strict=True)]
        weather = pd.DataFrame(rows, index=flights.index)[list(WEATHER_FIELDS)]
        return flights.join(weather), max(ages)

    def score(self, rows: pd.DataFrame, arms: Sequence[Arm]) -> list[float]:
        """Each row scored by the version of its arm, one call a version."""
        versions = pd.Series([arm.model_version for arm in arms], index=rows.index)
        scores = pd.Series(0.0, index=rows.index)
        for version in versions.unique():
            mine = versions == version
            scores[mine] = self.trained[version].scores(rows[mine])
        return [float(score) for score in scores]


def revision_of(arm: Arm) -> int:
    """Of the weather, that the arm's release reads."""
    return arm.contexts.get("weather", 1)


UNREAD = frozenset({"tenure.access", "tenure.probe", "tenure.quarantine", "tenure.routes"})


def prediction(row: Any, arm: Arm, score: float, epoch: int, age: float, at: datetime, consumer: str) -> dict[str, Any]:
    """A served prediction with its stamps."""
    return {
        "request_id": row.request_id,
        "model": "delay-predictor",
        "environment": "production",
        "release": arm.release,
        "model_version": arm.model_version,
        "route_epoch": epoch,
        "entity": row.tailnum,
        "score": score,
        "context_age_seconds": age,
        "predicted_at": at.isoformat(),
        "consumer": consumer,
    }


def outcome(row: Any) -> dict[str, Any]:
    """What came of it, known at landing."""
    return {
        "request_id": row.request_id,
        "model": "delay-predictor",
        "label": row.label,
        "occurred_at": row.landed_at.isoformat(),
    }
