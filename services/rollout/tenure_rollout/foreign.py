"""What does rollout need to know of the other services' streams?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import CONTEXT_EVENTS, MONITOR_EVENTS, REGISTRY_EVENTS
from tenure_journal import Kind, Meta, TopicFold

from tenure_rollout.events import ContextRef


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRegistered:
    model_version: str
    artifact_digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StageEntered:
    model_version: str
    stage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDeprecated:
    model_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRetired:
    model_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReason:
    requirement: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReopened:
    model_version: str
    reasons: tuple[GateReason, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSatisfied:
    model_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatorChecked:
    model_version: str
    locator: str
    outcome: str


RegistryEvent = (
    VersionRegistered | StageEntered | ModelDeprecated | VersionRetired | GateReopened | GateSatisfied | LocatorChecked
)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What a version's stage asks for and it has no longer, with the event that said so."""

    unmet: str
    event_id: str
    correlation_id: str
    hops: int


@dataclass(frozen=True, slots=True)
class VersionFacts:
    artifact_digest: str
    stage: str | None = None
    gate: GateFacts | None = None
    locators: HashTrieMap[str, str] = field(default_factory=HashTrieMap)
    """What came of the newest look at each place where the artifact should be."""

    @property
    def is_lost(self) -> bool:
        """It was looked for, and is in none of the places."""
        return bool(self.locators) and "verified" not in self.locators.values()


ModelFacts: TypeAlias = "HashTrieMap[str, VersionFacts]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sla:
    on_breach: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextBound:
    model_version: str
    context: str
    revision: int
    sla: Sla


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextUnbound:
    model_version: str
    context: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaBreached:
    """Of an older event `model_version` is empty: it meant all of them."""

    model_version: str
    context: str
    entity_class: str | None
    limit_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaRestored:
    model_version: str
    context: str
    entity_class: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextDropped:
    revision: int


ContextEvent = ContextBound | ContextUnbound | SlaBreached | SlaRestored | ContextDropped


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """Which revisions of a context are not kept any more."""

    dropped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """The breach that stands, with the event that said so."""

    context: str
    limit_seconds: int
    event_id: str
    correlation_id: str
    hops: int


@dataclass(frozen=True, slots=True)
class BindingFacts:
    """Which contexts a model reads in which revisions, and what a breach of each does.

    `on_breach` is by version and context, `breaches` by these and the class of entities.
    """

    revisions: HashTrieMap[str, frozenset[int]] = field(default_factory=HashTrieMap)
    on_breach: HashTrieMap[tuple[str, str], str] = field(default_factory=HashTrieMap)
    breaches: HashTrieMap[tuple[str, str, str | None], BreachFacts] = field(default_factory=HashTrieMap)

    @property
    def breach_that_pauses(self) -> BreachFacts | None:
        """The first, by context, of the breaches whose binding says that a breach pauses rollouts."""
        pausing = [facts for place, facts in self.breaches.items() if self.asks(place, "pause_rollout")]
        return min(pausing, key=lambda facts: (facts.context, facts.event_id), default=None)

    def blocking(self, contexts: Iterable[ContextRef]) -> tuple[str, ...]:
        """Those of the contexts that are breached, and whose binding says that a breach blocks releases."""
        mine = {context.context for context in contexts}
        return tuple(sorted({p[1] for p in self.breaches if p[1] in mine and self.asks(p, "block_releases")}))

    def falling_back(self, model_version: str, contexts: Iterable[ContextRef]) -> BreachFacts | None:
        """The first, by context, of the version's breaches of these whose binding says to fall back."""
        mine = {context.context for context in contexts}
        asking = [
            facts
            for place, facts in self.breaches.items()
            if place[0] == model_version and place[1] in mine and self.asks(place, "fall_back")
        ]
        return min(asking, key=lambda facts: (facts.context, facts.event_id), default=None)

    def stale_for(self, model_version: str) -> tuple[str, ...]:
        """The breached contexts of a version; an older event names no version and means all."""
        return tuple(sorted({context for version, context, _ in self.breaches if version in ("", model_version)}))

    def asks(self, place: tuple[str, str, str | None], what: str) -> bool:
        """Of an older event, which names no version, whether any version's binding asks for it."""
        version, context, _ = place
        if version:
            return self.on_breach.get((version, context)) == what
        return any(asked == what for (_, name), asked in self.on_breach.items() if name == context)


def fold_model(facts: ModelFacts, event: RegistryEvent, meta: Meta) -> ModelFacts:
    if isinstance(event, VersionRegistered):
        return facts.insert(event.model_version, VersionFacts(event.artifact_digest))
    return facts.insert(event.model_version, _followed(facts[event.model_version], event, meta))


def _followed(
    version: VersionFacts,
    event: StageEntered | ModelDeprecated | VersionRetired | GateReopened | GateSatisfied | LocatorChecked,
    meta: Meta,
) -> VersionFacts:
    match event:
        case StageEntered():
            return replace(version, stage=event.stage, gate=None)
        case ModelDeprecated():
            return replace(version, stage="deprecated")
        case VersionRetired():
            return replace(version, stage="retired")
        case GateReopened():
            unmet = ", ".join(f"{reason.requirement} is {reason.status}" for reason in event.reasons)
            return replace(version, gate=GateFacts(unmet, meta.event_id, meta.correlation_id, meta.hops))
        case GateSatisfied():
            return replace(version, gate=None)
        case LocatorChecked():
            return replace(version, locators=version.locators.insert(event.locator, event.outcome))
        case _ as never:
            assert_never(never)


def fold_binding(facts: BindingFacts, event: ContextEvent, meta: Meta) -> BindingFacts:
    match event:
        case ContextBound():
            revisions = facts.revisions.get(event.context) or frozenset()
            return replace(
                facts,
                revisions=facts.revisions.insert(event.context, revisions | {event.revision}),
                on_breach=facts.on_breach.insert((event.model_version, event.context), event.sla.on_breach),
            )
        case ContextUnbound():
            return unbound(facts, event)
        case SlaBreached():
            breach = BreachFacts(event.context, event.limit_seconds, meta.event_id, meta.correlation_id, meta.hops)
            return replace(facts, breaches=facts.breaches.insert(place_of(event), breach))
        case SlaRestored():
            return replace(facts, breaches=facts.breaches.discard(place_of(event)))
        case ContextDropped():
            return facts


def unbound(facts: BindingFacts, event: ContextUnbound) -> BindingFacts:
    """Its SLA ends with it, and with that whatever its breaches held up; which revisions it ever read stays known."""
    mine = (event.model_version, event.context)
    kept = HashTrieMap((place, one) for place, one in facts.breaches.items() if place[:2] != mine)
    return replace(facts, on_breach=facts.on_breach.discard(mine), breaches=kept)


def place_of(event: SlaBreached | SlaRestored) -> tuple[str, str, str | None]:
    return event.model_version, event.context, event.entity_class


def fold_context(facts: ContextFacts, event: ContextEvent, meta: Meta) -> ContextFacts:
    return ContextFacts(facts.dropped | {event.revision}) if isinstance(event, ContextDropped) else facts


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorDeclared:
    metrics: tuple[str, ...]


def fold_monitor(metrics: tuple[str, ...], event: MonitorDeclared, meta: Meta) -> tuple[str, ...]:
    return event.metrics


def registry_fold() -> TopicFold:
    """Models, as far as releases need them."""
    codec = EventCodec("registry", RegistryEvent, foreign=True)
    return TopicFold(REGISTRY_EVENTS, "registry", codec, (Kind("registry/model", HashTrieMap(), fold_model),))


def context_fold() -> TopicFold:
    """Bindings and their breaches, and which revisions are gone."""
    codec = EventCodec("context", ContextEvent, foreign=True)
    kinds = (
        Kind("context/binding", BindingFacts(), fold_binding),
        Kind("context/context", ContextFacts(), fold_context),
    )
    return TopicFold(CONTEXT_EVENTS, "context", codec, kinds)


def monitor_fold() -> TopicFold:
    """Which metrics are kept of a model."""
    codec = EventCodec("monitor", MonitorDeclared, foreign=True)
    return TopicFold(MONITOR_EVENTS, "monitor", codec, (Kind("monitor/monitor", (), fold_monitor),))
