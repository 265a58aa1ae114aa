"""The end of a version's life, as the tests of the registry begin with it."""

from datetime import timedelta

from tenure_registry.model.commands import (
    AcknowledgeRetirement,
    ArchiveVersion,
    DeclareConsumer,
    DeprecateVersion,
    LiftLegalHold,
    NotifyConsumer,
    PlaceLegalHold,
    RecordDestruction,
    ReportCleanUp,
    RetireVersion,
    WithdrawConsumer,
)
from tenure_registry.model.ending_events import (
    ArtifactDestroyed,
    Calls,
    CleanUpReported,
    ConsumerDeclared,
    ConsumerNotified,
    ConsumerWithdrawn,
    LegalHoldLifted,
    LegalHoldPlaced,
    ModelDeprecated,
    RetirementAcknowledged,
    Traffic,
    VersionArchived,
    VersionRetired,
)
from tenure_registry.names import ConsumerName, PrincipalId

from tests.unit.registry.story import AUTHOR, BYTES, NOON, REPORT, V1, rules

SUNSET = NOON + timedelta(days=30)
ON_THE_DAY = SUNSET
CREW = ConsumerName("crew-planning")
CREW_LEAD, ADMIN, OPERATOR = PrincipalId("p-crew"), PrincipalId("p-admin"), PrincipalId("p-operator")
some_calls = Calls(consumer=CREW, seen_at=NOON, calls=40)
some_traffic = Traffic(deployment="delay-predictor@live", weight_percent=5.0, epoch=7)

declare = DeclareConsumer(consumer=CREW, purpose="rosters", principal=CREW_LEAD, now=NOON)
declared = ConsumerDeclared(consumer=CREW, purpose="rosters", declared_by=CREW_LEAD, declared_at=NOON)
withdraw = WithdrawConsumer(consumer=CREW, reason="", may_stand_in=False, principal=CREW_LEAD, now=NOON)
withdrawn = ConsumerWithdrawn(consumer=CREW, reason="", withdrawn_by=CREW_LEAD, withdrawn_at=NOON)
deprecate = DeprecateVersion(
    model_version=V1, sunset_at=SUNSET, replacement=None, reason="a better one is there", principal=AUTHOR, now=NOON
)
deprecated = ModelDeprecated(
    model_version=V1,
    sunset_at=SUNSET,
    previous_sunset_at=None,
    replacement=None,
    reason="a better one is there",
    deprecated_by=AUTHOR,
    deprecated_at=NOON,
)
notify = NotifyConsumer(model_version=V1, consumer=CREW, now=NOON)
notified = ConsumerNotified(model_version=V1, consumer=CREW, sunset_at=SUNSET, notified_at=NOON)
acknowledge = AcknowledgeRetirement(
    model_version=V1, consumer=CREW, reason="", may_stand_in=False, principal=CREW_LEAD, now=NOON
)
acknowledged = RetirementAcknowledged(
    model_version=V1, consumer=CREW, sunset_at=SUNSET, reason="", acknowledged_by=CREW_LEAD, acknowledged_at=NOON
)
retire = RetireVersion(
    model_version=V1,
    reason="its day has come",
    force=None,
    may_force=False,
    traffic=(),
    callers=(),
    based_on=(),
    principal=AUTHOR,
    now=ON_THE_DAY,
)
retired = VersionRetired(
    model_version=V1,
    reason="its day has come",
    forced=None,
    traffic=(),
    callers=(),
    unacknowledged=(),
    based_on=(),
    retired_by=AUTHOR,
    retired_at=ON_THE_DAY,
)
archive = ArchiveVersion(model_version=V1, manifest="{}", manifest_digest=REPORT, principal=AUTHOR, now=ON_THE_DAY)
archived = VersionArchived(
    model_version=V1, manifest="{}", manifest_digest=REPORT, archived_by=AUTHOR, archived_at=ON_THE_DAY
)
report = ReportCleanUp(
    model_version=V1, task="serving", note="pods are gone", rules=rules, principal=CREW_LEAD, now=ON_THE_DAY
)
reported = CleanUpReported(
    model_version=V1, task="serving", note="pods are gone", reported_by=CREW_LEAD, reported_at=ON_THE_DAY
)
place_hold = PlaceLegalHold(reason="a suit", principal=ADMIN, now=NOON)
on_hold = LegalHoldPlaced(reason="a suit", placed_by=ADMIN, placed_at=NOON)
lift_hold = LiftLegalHold(reason="it is settled", principal=ADMIN, now=NOON)
lifted = LegalHoldLifted(reason="it is settled", lifted_by=ADMIN, lifted_at=NOON)
destroy = RecordDestruction(
    model_version=V1,
    proof='{"removed":3}',
    proof_digest=REPORT,
    destroyed=BYTES,
    rules=rules,
    principal=ADMIN,
    now=ON_THE_DAY,
)
destroyed = ArtifactDestroyed(
    model_version=V1,
    artifact_digest=BYTES,
    proof='{"removed":3}',
    proof_digest=REPORT,
    destroyed_by=ADMIN,
    destroyed_at=ON_THE_DAY,
)
