"""What may be recorded of a version?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import EvidenceIsFixed, OtherArtifactSeen, VersionUnknown

from tests.unit.registry.story import BYTES, OTHER_BYTES, V1, created, failed, passed, record, registered


def test_evidence_is_recorded() -> None:
    given(model_decider, created, registered).when(record).then(passed)


def test_the_same_evidence_again_changes_nothing() -> None:
    given(model_decider, created, registered, passed).when(record).then_nothing()


def test_evidence_is_never_exchanged_under_its_name() -> None:
    given(model_decider, created, registered, passed).when(replace(record, report_digest=BYTES)).then_rejected(
        EvidenceIsFixed, evidence="eval-1"
    )


def test_evidence_binds_the_artifact_that_was_evaluated() -> None:
    given(model_decider, created, registered).when(replace(record, seen_digest=OTHER_BYTES)).then_rejected(
        OtherArtifactSeen, model_version=V1, registered=BYTES, seen=OTHER_BYTES
    )


def test_a_verdict_is_never_exchanged_under_its_name() -> None:
    given(model_decider, created, registered, passed).when(replace(record, verdict="failed")).then_rejected(
        EvidenceIsFixed, evidence="eval-1"
    )


def test_evidence_that_was_recorded_before_never_counts_as_newer_again() -> None:
    given(model_decider, created, registered, passed, failed).when(record).then_nothing()


def test_evidence_needs_its_version() -> None:
    given(model_decider, created).when(record).then_rejected(VersionUnknown, model_version=V1)
