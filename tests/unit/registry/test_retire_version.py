"""When does a version's service end?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from tenure_decider import given
from tenure_registry.model.commands import RetireVersion
from tenure_registry.model.decider import model_decider
from tenure_registry.model.ending_events import VersionRetired
from tenure_registry.model.rules import (
    ForceNotAllowed,
    NotAcknowledged,
    NotDeprecated,
    ReasonRequired,
    StillServing,
    SunsetAhead,
    VersionUnknown,
)
from tenure_registry.parts import BasedOn

from tests.unit.registry.story import NOON, V1, created, in_production, registered
from tests.unit.registry.story_endings import (
    CREW,
    SUNSET,
    acknowledged,
    archived,
    declared,
    deprecated,
    destroyed,
    notified,
    retire,
    retired,
    some_calls,
    some_traffic,
    withdrawn,
)

told = (created, registered, in_production, declared, deprecated)
by_admin = replace(retire, force="the vendor is gone", may_force=True)
forced = replace(retired, forced="the vendor is gone")


def test_a_version_is_retired_on_its_day_when_all_consumers_know_and_nothing_serves_it() -> None:
    given(model_decider, *told, acknowledged).when(retire).then(retired)


@pytest.mark.parametrize("over", [(retired,), (retired, archived), (retired, archived, destroyed)])
def test_retiring_again_changes_nothing(over: tuple[VersionRetired, ...]) -> None:
    given(model_decider, *told, acknowledged, *over).when(retire).then_nothing()


def test_a_retirement_says_why() -> None:
    given(model_decider, *told, acknowledged).when(replace(retire, reason="")).then_rejected(ReasonRequired)


def test_nothing_is_retired_before_its_day() -> None:
    early = replace(retire, now=SUNSET - timedelta(microseconds=1))
    given(model_decider, *told, acknowledged).when(early).then_rejected(SunsetAhead, model_version=V1, sunset_at=SUNSET)


def test_nothing_is_retired_while_it_gets_traffic() -> None:
    given(model_decider, *told, acknowledged).when(replace(retire, traffic=(some_traffic,))).then_rejected(
        StillServing, model_version=V1, traffic=("delay-predictor@live 5 %",)
    )


def test_nothing_is_retired_while_somebody_is_seen_calling_it() -> None:
    busy = replace(retire, traffic=(some_traffic,), callers=(some_calls,))
    given(model_decider, *told, acknowledged).when(busy).then_rejected(
        StillServing,
        model_version=V1,
        traffic=("delay-predictor@live 5 %", "crew-planning at 2026-11-24T12:00:00+00:00"),
    )


def test_what_is_seen_being_called_is_deprecated_first() -> None:
    given(model_decider, created, registered, in_production).when(replace(retire, callers=(some_calls,))).then_rejected(
        NotDeprecated, model_version=V1
    )


def test_who_had_notice_because_it_was_seen_calling_must_be_acknowledged_for() -> None:
    lived = (created, registered, in_production, deprecated, notified)
    given(model_decider, *lived).when(retire).then_rejected(NotAcknowledged, model_version=V1, consumers=(CREW,))
    given(model_decider, *lived, acknowledged).when(retire).then(retired)


def test_nothing_is_retired_before_each_consumer_has_acknowledged_it() -> None:
    given(model_decider, *told).when(retire).then_rejected(NotAcknowledged, model_version=V1, consumers=(CREW,))


def test_a_consumer_that_was_withdrawn_need_not_acknowledge() -> None:
    given(model_decider, *told, withdrawn).when(retire).then(retired)


def test_what_was_acknowledged_for_another_day_does_not_count() -> None:
    moved = replace(deprecated, sunset_at=SUNSET - timedelta(days=1), previous_sunset_at=SUNSET)
    given(model_decider, *told, acknowledged, moved).when(retire).then_rejected(
        NotAcknowledged, model_version=V1, consumers=(CREW,)
    )


def test_what_has_consumers_is_deprecated_first() -> None:
    given(model_decider, created, registered, in_production, declared).when(retire).then_rejected(
        NotDeprecated, model_version=V1
    )


def test_what_serves_is_deprecated_first() -> None:
    given(model_decider, created, registered, in_production).when(
        replace(retire, traffic=(some_traffic,))
    ).then_rejected(NotDeprecated, model_version=V1)


def test_what_nobody_uses_needs_no_notice() -> None:
    given(model_decider, created, registered, in_production).when(retire).then(retired)


def test_what_never_entered_a_stage_is_nobodys_yet() -> None:
    given(model_decider, created, registered, declared).when(retire).then(replace(retired, unacknowledged=(CREW,)))


def test_what_entered_no_stage_and_serves_all_the_same_is_not_retired() -> None:
    given(model_decider, created, registered).when(replace(retire, traffic=(some_traffic,))).then_rejected(
        StillServing, model_version=V1, traffic=("delay-predictor@live 5 %",)
    )


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (replace(by_admin, now=NOON), replace(forced, unacknowledged=(CREW,), retired_at=NOON)),
        (
            replace(by_admin, traffic=(some_traffic,)),
            replace(forced, unacknowledged=(CREW,), traffic=(some_traffic,)),
        ),
        (
            replace(by_admin, callers=(some_calls,)),
            replace(forced, unacknowledged=(CREW,), callers=(some_calls,)),
        ),
        (by_admin, replace(forced, unacknowledged=(CREW,))),
    ],
    ids=["before its day", "with traffic", "with somebody calling", "with silent consumers"],
)
def test_an_admin_with_a_reason_retires_against_the_rules_and_the_event_says_against_which(
    command: RetireVersion, event: VersionRetired
) -> None:
    given(model_decider, *told).when(command).then(event)


def test_nobody_else_retires_against_the_rules() -> None:
    given(model_decider, *told).when(replace(by_admin, may_force=False)).then_rejected(
        ForceNotAllowed, model_version=V1
    )


def test_an_exception_says_why() -> None:
    given(model_decider, *told).when(replace(by_admin, force=" ")).then_rejected(ReasonRequired)


def test_what_the_decision_leaned_on_is_written_down() -> None:
    route = (BasedOn(stream="rollout/deployment/delay-predictor@live", sequence=8, digest="ab"),)
    given(model_decider, *told, acknowledged).when(replace(retire, based_on=route)).then(
        replace(retired, based_on=route)
    )


def test_an_unknown_version_is_not_retired() -> None:
    given(model_decider, created).when(retire).then_rejected(VersionUnknown, model_version=V1)
