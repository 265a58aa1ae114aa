"""What did a change of a route mean: a deployment, an upgrade, a way back?

That follows from the routes before it, so it is folded, and kept for each route: whoever publishes from the beginning
says the same as who was there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import ROLLOUT_EVENTS
from tenure_journal import Kind, Meta, Replica, TopicFold

Turn = Literal["deployed", "upgraded", "rolledback", "removed", "changed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    release: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteChanged:
    arms: tuple[Arm, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseRolledBack:
    to_release: str


RolloutEvent = RouteChanged | ReleaseRolledBack


@dataclass(frozen=True, slots=True)
class Deployed:
    """`serves`: the release that had all traffic last. `going_back_to`: where a rollback is on its way to."""

    serves: str | None = None
    going_back_to: str | None = None
    turns: HashTrieMap[int, Turn] = field(default_factory=HashTrieMap)


def fold_deployment(deployed: Deployed, event: RolloutEvent, meta: Meta) -> Deployed:
    match event:
        case ReleaseRolledBack():
            return replace(deployed, going_back_to=event.to_release)
        case RouteChanged():
            arms = [arm.release for arm in event.arms]
            known = replace(deployed, turns=deployed.turns.insert(meta.sequence, turn_of(deployed, arms)))
            if len(arms) > 1:
                return known
            return replace(known, serves=arms[0] if arms else None, going_back_to=None)
        case _ as never:
            assert_never(never)


def turn_of(deployed: Deployed, arms: list[str]) -> Turn:
    match arms:
        case []:
            return "removed"
        case [release] if release != deployed.serves:
            if deployed.serves is None:
                return "deployed"
            return "rolledback" if release == deployed.going_back_to else "upgraded"
        case _:
            return "changed"


def rollout_fold() -> TopicFold:
    """As much of rollout's events as this needs."""
    codec = EventCodec("rollout", RolloutEvent, foreign=True)
    return TopicFold(ROLLOUT_EVENTS, "rollout", codec, (Kind("rollout/deployment", Deployed(), fold_deployment),))


def turn_at(replica: Replica, stream: str, sequence: int) -> Turn:
    """Of a stream that can't be folded nothing better is known than that something changed."""
    found = replica.stream(stream)
    if found is None or found.parked:
        return "changed"
    deployed: Deployed = found.state
    return deployed.turns.get(sequence, "changed")
