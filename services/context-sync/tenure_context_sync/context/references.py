"""Who refers to a revision of a context? Its bindings, and the releases in the routes of deployments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import ROLLOUT_EVENTS
from tenure_journal import Kind, Meta, Replica, TopicFold

from tenure_context_sync.store.settled import Reader

BINDING, DEPLOYMENT = "context/binding", "rollout/deployment"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextRef:
    context: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseCreated:
    release: str
    contexts: tuple[ContextRef, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    release: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteChanged:
    arms: tuple[Arm, ...]


RolloutEvent = ReleaseCreated | RouteChanged


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment's releases read, and those of its route and of the last other one, to which it may go back."""

    releases: HashTrieMap[str, frozenset[Reader]] = field(default_factory=HashTrieMap)
    current: frozenset[str] = frozenset()
    previous: frozenset[str] = frozenset()

    def reads(self) -> frozenset[Reader]:
        routed = self.current | self.previous
        return frozenset(one for release in routed for one in self.releases.get(release, frozenset()))


def fold_deployment(deployed: Deployed, event: RolloutEvent, meta: Meta) -> Deployed:
    match event:
        case ReleaseCreated():
            reads = frozenset((one.context, one.revision) for one in event.contexts)
            return replace(deployed, releases=deployed.releases.insert(event.release, reads))
        case RouteChanged():
            arms = frozenset(arm.release for arm in event.arms)
            if arms == deployed.current:
                return deployed  # only the weights are others
            return replace(deployed, current=arms, previous=deployed.current)
        case _ as never:
            assert_never(never)


def rollout_fold() -> TopicFold:
    codec = EventCodec("rollout", RolloutEvent, foreign=True)
    return TopicFold(ROLLOUT_EVENTS, "rollout", codec, (Kind(DEPLOYMENT, Deployed(), fold_deployment),))


def referred_to(replica: Replica) -> frozenset[Reader]:
    """All revisions that somebody refers to, as far as was read."""
    bound = (one for stream in replica.streams(BINDING).values() for one in stream.state.values())
    routed = (one for stream in replica.streams(DEPLOYMENT).values() for one in stream.state.reads())
    return frozenset([*((one.context, one.revision) for one in bound), *routed])
