"""When is an obligation settled?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_registry.obligation.decider import (
    DischargeObligation,
    NoteRequired,
    NotRetrained,
    ObligationSettled,
    ObligationUnknown,
    VersionsNotRetired,
    obligation_decider,
)

from tests.unit.registry.story import V1
from tests.unit.registry.story_obligations import SUBJECT, V9, owed, retrain, retrained

retire = replace(retrain, outcome="retired", replacement=None, unretired=())
excuse = replace(retrain, outcome="not_needed", replacement=None, note="only its zip code was used, as a count")


def test_a_version_that_was_trained_without_the_data_discharges_it() -> None:
    given(obligation_decider, owed).when(retrain).then(retrained)


def test_one_that_was_trained_with_it_does_not() -> None:
    given(obligation_decider, owed).when(replace(retrain, clean=False)).then_rejected(
        NotRetrained, obligation=SUBJECT, replacement=V9
    )


def test_retired_versions_discharge_it() -> None:
    given(obligation_decider, owed).when(retire).then(replace(retrained, outcome="retired", replacement=None))


def test_versions_that_can_still_serve_do_not() -> None:
    given(obligation_decider, owed).when(replace(retire, unretired=(V1,))).then_rejected(
        VersionsNotRetired, obligation=SUBJECT, versions=(V1,)
    )


def test_nothing_is_needed_for_a_reason_alone() -> None:
    said = replace(retrained, outcome="not_needed", replacement=None, note=excuse.note)
    given(obligation_decider, owed).when(excuse).then(said)
    given(obligation_decider, owed).when(replace(excuse, note=" ")).then_rejected(NoteRequired, obligation=SUBJECT)


def test_discharging_it_twice_alike_changes_nothing() -> None:
    given(obligation_decider, owed, retrained).when(retrain).then_nothing()


def test_what_is_settled_is_not_settled_otherwise() -> None:
    given(obligation_decider, owed, retrained).when(excuse).then_rejected(
        ObligationSettled, obligation=SUBJECT, outcome="retrained"
    )


@pytest.mark.parametrize("command", [retrain, retire, excuse])
def test_what_is_not_owed_can_not_be_discharged(command: DischargeObligation) -> None:
    given(obligation_decider).when(command).then_rejected(ObligationUnknown, obligation=SUBJECT)
