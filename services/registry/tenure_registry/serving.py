"""What does rollout's topic say of who serves?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import ROLLOUT_EVENTS
from tenure_journal import Kind, Meta, Replica, TopicFold

from tenure_registry.governance import based_on
from tenure_registry.model.ending_events import Traffic
from tenure_registry.parts import BasedOn, ContextRef

DEPLOYMENT = "rollout/deployment"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseCreated:
    release: str
    model_version: str
    contexts: tuple[ContextRef, ...]
    prompt: str | None
    flags: dict[str, str]
    created_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutStarted:
    rollout: str
    release: str
    started_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    release: str
    model_version: str
    weight_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteChanged:
    arms: tuple[Arm, ...]
    changed_at: datetime


RolloutEvent = ReleaseCreated | RolloutStarted | RouteChanged


@dataclass(frozen=True, slots=True)
class Release:
    """A release, its place in the deployment's stream, and who started a rollout of it last; None before that."""

    said: ReleaseCreated
    sequence: int
    started_by: str | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment's releases and the route that holds; `epoch` is the route's place in the stream."""

    releases: HashTrieMap[str, Release] = field(default_factory=HashTrieMap)
    route: RouteChanged | None = None
    epoch: int = 0


def fold_deployment(deployed: Deployed, event: RolloutEvent, meta: Meta) -> Deployed:
    """Raises LookupError where the event is about a release that is not there: in the past, not yet."""
    match event:
        case ReleaseCreated():
            return replace(deployed, releases=deployed.releases.insert(event.release, Release(event, meta.sequence)))
        case RolloutStarted():
            started = replace(deployed.releases[event.release], started_by=event.started_by)
            return replace(deployed, releases=deployed.releases.insert(event.release, started))
        case RouteChanged():
            for arm in event.arms:
                deployed.releases[arm.release]
            return replace(deployed, route=event, epoch=meta.sequence)


def rollout_fold() -> TopicFold:
    codec = EventCodec("rollout", RolloutEvent, foreign=True)
    return TopicFold(ROLLOUT_EVENTS, "rollout", codec, (Kind(DEPLOYMENT, Deployed(), fold_deployment),))


def deployment_stream(model: str, environment: str) -> str:
    return f"{DEPLOYMENT}/{model}@{environment}"


def traffic_to(view: Replica, model: str, model_version: str) -> tuple[tuple[Traffic, ...], tuple[BasedOn, ...]]:
    """What the routes send to a version, as far as was read; and the heads of the deployments that say so."""
    mine = [stream for name, stream in view.streams(DEPLOYMENT).items() if name.startswith(f"{DEPLOYMENT}/{model}@")]
    found = [
        Traffic(deployment=stream.name.removeprefix(f"{DEPLOYMENT}/"), weight_percent=weight, epoch=stream.state.epoch)
        for stream in sorted(mine, key=lambda one: one.name)
        if (weight := weight_of(stream.state, model_version)) > 0
    ]
    return tuple(found), tuple(based_on(stream) for stream in mine)


def weight_of(deployed: Deployed, model_version: str) -> float:
    arms = deployed.route.arms if deployed.route else ()
    return sum(arm.weight_percent for arm in arms if arm.model_version == model_version)
