"""What may be recorded of a version?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    EvidenceIsFixed,
    OtherArtifactSeen,
    ReportDiffers,
    VersionHasEnded,
    VersionUnknown,
)

from tests.unit.registry.story import (
    BYTES,
    OTHER_BYTES,
    REPORT,
    V1,
    created,
    failed,
    passed,
    record,
    registered,
    retired,
)


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


def test_a_report_that_came_along_is_kept_with_the_evidence() -> None:
    whole = replace(record, report=b"all is well", body_digest=REPORT)
    given(model_decider, created, registered).when(whole).then(replace(passed, report=b"all is well"))


def test_a_report_that_is_not_what_it_is_said_to_be_is_refused() -> None:
    exchanged = replace(record, report=b"all is well", body_digest=OTHER_BYTES)
    given(model_decider, created, registered).when(exchanged).then_rejected(
        ReportDiffers, claimed=REPORT, body=OTHER_BYTES
    )


def test_the_same_report_sent_along_later_is_no_news() -> None:
    """The ledger binds a report by its digest."""
    given(model_decider, created, registered, passed).when(
        replace(record, report=b"x", body_digest=REPORT)
    ).then_nothing()


def test_nothing_more_is_said_of_a_retired_version() -> None:
    given(model_decider, created, registered, retired).when(record).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_the_reports_bytes_stay_on_the_log_and_out_of_memory() -> None:
    model = model_decider.fold(created, registered, replace(passed, report=b"long"))
    assert model.versions[V1].evidence["eval-1"].said.report is None
