"""What must a model do now, because of what is so? Pure, and asked again until it is visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from tenure_journal import Needed, Replica, Stream, Timer

from tenure_registry.foreign import BINDING
from tenure_registry.governance import rules_for
from tenure_registry.model.commands import ExpireApproval, LookAtGate, NotifyConsumer
from tenure_registry.model.requirements import findings, next_change
from tenure_registry.model.stages import reasons_of
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ENDINGS, ModelVersion, Stage
from tenure_registry.streams import FAMILY, MODEL, POLICY, model_stream

Streams = Callable[[], Iterable[str]]


class WatchGates:
    """A version that could not enter its stage today has its gate reopened; one that could again, satisfied.

    `models` are the names of all models' streams: a policy or a family may concern any of them.
    """

    name = "watch-gates"

    def __init__(self, models: Streams) -> None:
        self._models = models

    def affected(self, changed: str) -> Iterable[str]:
        if changed.startswith(f"{MODEL}/"):
            return [changed]
        if changed.startswith(f"{BINDING}/"):
            return [model_stream(changed.removeprefix(f"{BINDING}/"))]
        if changed.startswith((f"{POLICY}/", f"{FAMILY}/")):
            return list(self._models())
        return []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterator[Needed]:
        model: Model = stream.state
        rules = rules_for(view, str(model.name))
        for name, version, _ in watched(model):
            command = LookAtGate(model_version=name, rules=rules, now=now)
            if reasons_of(version, command) != version.reopened:
                yield Needed(stream=stream.name, command=command, because=stream.digest, cause=stream.head)


class NotifyConsumers:
    """Each declared consumer of a deprecated version gets notice."""

    name = "notify-consumers"

    def affected(self, changed: str) -> Iterable[str]:
        return [changed] if changed.startswith(f"{MODEL}/") else []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterator[Needed]:
        model: Model = stream.state
        for name, version in model.versions.items():
            ending = version.ending
            if ending.sunset_at is None or ending.retired_at is not None:
                continue
            for consumer in model.consumers:
                if consumer not in ending.notified:
                    command = NotifyConsumer(model_version=name, consumer=consumer, now=now)
                    because = f"{consumer} {ending.sunset_at.isoformat()}"
                    yield Needed(stream=stream.name, command=command, because=because, cause=stream.head)


class Calendar:
    """What time alone makes due: approvals that expire, evidence that gets too old.

    For each model the next instant is kept at which that may be, until its stream or what its gates lean on changes:
    a tick looks at what is due only.
    """

    def __init__(self, gates: WatchGates) -> None:
        self._gates = gates
        self._next: dict[str, tuple[object, datetime | None]] = {}

    def due(self, view: Replica, now: datetime) -> Iterator[Needed]:
        for stream in view.streams(MODEL).values():
            if stream.parked:
                continue
            state = (stream.digest, *_leans_on(view, stream))
            known, at = self._next.get(stream.name, (None, None))
            if known != state:
                at = next_instant(view, stream, now)
                self._next[stream.name] = (state, at)
            if at is not None and at <= now:
                yield from expiries(stream, now)
                yield from self._gates.needed(view, stream, now)
                self._next.pop(stream.name)

    def timer(self) -> Timer:
        return Timer("calendar", self.due)


def _leans_on(view: Replica, stream: Stream) -> tuple[object, ...]:
    model: Model = stream.state
    return (model.policy, model.family)


def watched(model: Model) -> Iterator[tuple[ModelVersion, Version, Stage]]:
    """The versions in a stage that a policy leads into."""
    for name, version in model.versions.items():
        if version.stage is not None and version.stage not in ENDINGS:
            yield name, version, version.stage


def expiries(stream: Stream, now: datetime) -> Iterator[Needed]:
    for name, version in stream.state.versions.items():
        for (stage, approver), approval in version.approvals.items():
            ends = approval.said.expires_at
            if ends is not None and ends <= now:
                command = ExpireApproval(model_version=name, stage=stage, approver=approver, now=now)
                because = f"{name} {stage} {approver} {ends.isoformat()}"
                yield Needed(stream=stream.name, command=command, because=because, cause=stream.head)


def next_instant(view: Replica, stream: Stream, now: datetime) -> datetime | None:
    """When time alone may change something of this model; already past where it is due now."""
    model: Model = stream.state
    found = [at for version in model.versions.values() for at in _expiry_instants(version)]
    rules = rules_for(view, str(model.name))
    for _, version, stage in watched(model):
        transition = rules.policy.transitions.get(stage)
        at = next_change(findings(version, stage, rules, now), transition, now)
        if at is not None:
            found.append(at)
    return min(found, default=None)


def _expiry_instants(version: Version) -> Iterator[datetime]:
    for approval in version.approvals.values():
        if approval.said.expires_at is not None:
            yield approval.said.expires_at
