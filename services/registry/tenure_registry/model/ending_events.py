"""How has a version's life ended, as far as it has?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import ConsumerName, Digest, ModelVersion, PrincipalId
from tenure_registry.parts import BasedOn


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerDeclared:
    """Somebody says that they depend on this model."""

    consumer: ConsumerName
    purpose: str
    declared_by: PrincipalId
    declared_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerWithdrawn:
    """`reason` is of whoever did it for who had declared it."""

    consumer: ConsumerName
    reason: str
    withdrawn_by: PrincipalId
    withdrawn_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDeprecated:
    """A version is announced to end; `previous_sunset_at` where the announced day was moved."""

    model_version: ModelVersion
    sunset_at: datetime
    previous_sunset_at: datetime | None
    replacement: ModelVersion | None
    reason: str
    deprecated_by: PrincipalId
    deprecated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerNotified:
    """The notice to one consumer is on the record; delivering it outside is dispatch's."""

    model_version: ModelVersion
    consumer: ConsumerName
    sunset_at: datetime
    notified_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RetirementAcknowledged:
    """`reason` is of whoever did it for the consumer; who declared it needs none."""

    model_version: ModelVersion
    consumer: ConsumerName
    sunset_at: datetime
    reason: str
    acknowledged_by: PrincipalId
    acknowledged_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What a deployment sent to the version when it was looked at."""

    deployment: str
    weight_percent: float
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """What telemetry said of a consumer that still called: `calls` up to `seen_at`, since it was told of before."""

    consumer: ConsumerName
    seen_at: datetime
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRetired:
    """`forced` is the reason of an admin who retired it in spite of `traffic`, `callers` or silent consumers."""

    model_version: ModelVersion
    reason: str
    forced: str | None
    traffic: tuple[Traffic, ...]
    callers: tuple[Calls, ...]
    unacknowledged: tuple[ConsumerName, ...]
    based_on: tuple[BasedOn, ...]
    retired_by: PrincipalId
    retired_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionArchived:
    """`manifest` is JSON: digests of artifact, card, contexts, evidence, and the place of each event."""

    model_version: ModelVersion
    manifest: str
    manifest_digest: Digest
    archived_by: PrincipalId
    archived_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanUpReported:
    model_version: ModelVersion
    task: str
    note: str
    reported_by: PrincipalId
    reported_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalHoldPlaced:
    """Nothing of this model is destroyed until the hold is lifted."""

    reason: str
    placed_by: PrincipalId
    placed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalHoldLifted:
    reason: str
    lifted_by: PrincipalId
    lifted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactDestroyed:
    """`proof` is the store's record of what it removed, as JSON."""

    model_version: ModelVersion
    artifact_digest: Digest
    proof: str
    proof_digest: Digest
    destroyed_by: PrincipalId
    destroyed_at: datetime


EndingEvent = (
    ConsumerDeclared
    | ConsumerWithdrawn
    | ModelDeprecated
    | ConsumerNotified
    | RetirementAcknowledged
    | VersionRetired
    | VersionArchived
    | CleanUpReported
    | LegalHoldPlaced
    | LegalHoldLifted
    | ArtifactDestroyed
)
