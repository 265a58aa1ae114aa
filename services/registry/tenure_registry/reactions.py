"""What must a model do now, because of what is so? Pure, and asked again until it is visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_journal import Needed, Replica, Stream, StreamParked, Timer
from tenure_journal.reactor import Cause

from tenure_registry import foreign, streams
from tenure_registry.callers import CALLERS, Caller, Place, callers_of, callers_stream, named
from tenure_registry.governance import rules_for
from tenure_registry.model.commands import ExpireApproval, LookAtGate, NotifyConsumer
from tenure_registry.model.requirements import findings, next_change
from tenure_registry.model.stages import reasons_of
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ENDINGS, ConsumerName, ModelVersion, Stage

Streams = Callable[[], Mapping[str, Stream]]


class WatchGates:
    """A version that could not enter its stage today has its gate reopened; one that could again, satisfied.

    `models` are all models' streams, by name: a policy may concern any of them.
    """

    name = "watch-gates"

    def __init__(self, models: Streams) -> None:
        self._models = models

    def affected(self, changed: str) -> Iterable[str]:
        kind, _, name = changed.rpartition("/")
        match kind:
            case streams.MODEL:
                return [changed]
            case foreign.BINDING:
                return [streams.model_stream(name)]
            case streams.FAMILY:
                return [stream.name for stream in self._models().values() if stream.state.family == name]
            case streams.POLICY:
                return list(self._models())
            case _:
                return []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterator[Needed]:
        model: Model = stream.state
        gates = list(watched(model))
        if not gates:
            return
        rules = rules_for(view, str(model.name))
        for name, version, _ in gates:
            command = LookAtGate(model_version=name, rules=rules, now=now)
            if reasons_of(version, command) != version.reopened:
                yield need(stream, command, str(name))


class NotifyConsumers:
    """Each consumer of a deprecated version gets notice, declared or seen calling it."""

    name = "notify-consumers"

    def affected(self, changed: str) -> Iterable[str]:
        kind, _, name = changed.rpartition("/")
        return [streams.model_stream(name)] if kind in (streams.MODEL, CALLERS) else []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterator[Needed]:
        model: Model = stream.state
        seen, monitor = callers_of(view, str(model.name)), view.stream(callers_stream(str(model.name)))
        for name in model.watched if model.consumers or seen else ():
            ending = model.versions[name].ending
            if ending.sunset_at is None or ending.retired_at is not None:
                continue
            for consumer in [*model.consumers, *undeclared(model, name, seen)]:
                if consumer not in ending.notified:
                    command = NotifyConsumer(model_version=name, consumer=consumer, now=now)
                    needed = need(stream, command, f"{name} {consumer}")
                    # Who is only seen calls because of nothing here: its notice is one hop from monitor's event.
                    yield (
                        needed
                        if consumer in model.consumers
                        else replace(needed, cause=monitor.head if monitor else None)
                    )


def undeclared(model: Model, version: ModelVersion, seen: Mapping[Place, Caller]) -> list[ConsumerName]:
    """Who calls the version and has a name, which nobody declared."""
    return [
        ConsumerName(place.consumer)
        for place, one in seen.items()
        if place.model_version == version
        and not one.quiet
        and named(place.consumer)
        and place.consumer not in model.consumers
    ]


class Calendar:
    """What time alone makes due: approvals that expire, evidence that gets too old.

    For each model the next such instant is kept: a tick looks only at what is due, and at what has changed since the
    last one. What needs something is looked at again until its effect is visible.
    """

    def __init__(self, gates: WatchGates) -> None:
        self._gates = gates
        self._changed: set[str] = set()
        self._next: dict[str, datetime] = {}

    def note(self, changed: Iterable[str]) -> None:
        """Models, and what their gates lean on."""
        self._changed.update(own for name in changed for own in self._gates.affected(name))

    def due(self, view: Replica, now: datetime) -> Iterator[Needed]:
        looks = self._changed | {name for name, at in self._next.items() if at <= now}
        self._changed = set()
        for name in sorted(looks):
            stream = view.stream(name)
            if stream and not stream.parked:
                yield from self._look(view, stream, now)

    def _look(self, view: Replica, stream: Stream, now: datetime) -> list[Needed]:
        self._next.pop(stream.name, None)
        try:
            needs = [*expiries(stream, now), *self._gates.needed(view, stream, now)]
            at = now if needs else next_instant(view, stream, now)
        except StreamParked:  # what the gates lean on; once it is mended, it has changed
            return []
        if at is not None:
            self._next[stream.name] = at
        return needs

    def timer(self) -> Timer:
        return Timer("calendar", self.due)


def need(stream: Stream, command: LookAtGate | NotifyConsumer | ExpireApproval, about: str) -> Needed:
    """Its id is of this state of the stream: what was needed once can be needed again in another."""
    return Needed(stream=stream.name, command=command, because=f"{about} {stream.digest}", cause=cause_of(stream))


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that a reaction's event came of."""

    event_id: str
    correlation_id: str
    hops: int


def cause_of(stream: Stream) -> Cause | None:
    """The head; where that is a reaction's own, what it came of.

    A gate that turns with a policy or a binding, while nobody touches the model, turns for ever: each turn comes of
    what moved elsewhere, and not of the turn before. Otherwise that would look like reactions running in a circle.
    """
    head = stream.head
    if head is None or not head.hops or head.causation_id is None:
        return head
    return Origin(head.causation_id, head.correlation_id, head.hops - 1)


def watched(model: Model) -> Iterator[tuple[ModelVersion, Version, Stage]]:
    """The versions in a stage that a policy leads into."""
    for name in model.watched:
        version = model.versions[name]
        if version.stage is not None and version.stage not in ENDINGS:
            yield name, version, version.stage


def expiries(stream: Stream, now: datetime) -> Iterator[Needed]:
    model: Model = stream.state
    for name in model.watched:
        for (stage, approver), approval in model.versions[name].approvals.items():
            ends = approval.said.expires_at
            if ends is not None and ends <= now:
                command = ExpireApproval(model_version=name, stage=stage, approver=approver, now=now)
                yield need(stream, command, f"{name} {stage} {approver}")


def next_instant(view: Replica, stream: Stream, now: datetime) -> datetime | None:
    """When time alone will change something of this model. Raises StreamParked."""
    model: Model = stream.state
    found = [at for name in model.watched for at in _expiry_instants(model.versions[name])]
    gates = list(watched(model))
    rules = rules_for(view, str(model.name)) if gates else None
    for _, version, stage in gates:
        assert rules is not None
        at = next_change(findings(version, stage, rules, now), rules.policy.transitions.get(stage), now)
        if at is not None:
            found.append(at)
    return min(found, default=None)


def _expiry_instants(version: Version) -> Iterator[datetime]:
    for approval in version.approvals.values():
        if approval.said.expires_at is not None:
            yield approval.said.expires_at
