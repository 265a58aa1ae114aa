"""When does an approval end by itself?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import VersionUnknown

from tests.unit.registry.story import V1, created, grant, granted, registered, revoked
from tests.unit.registry.story_approvals import NEXT_WEEK, expire, expired, grant_for_a_week, granted_for_a_week


def test_an_approval_expires_on_its_day() -> None:
    given(model_decider, created, registered, granted_for_a_week).when(expire).then(expired)


def test_an_approval_stands_until_its_day() -> None:
    just_before = replace(expire, now=NEXT_WEEK - timedelta(microseconds=1))
    given(model_decider, created, registered, granted_for_a_week).when(just_before).then_nothing()


def test_what_has_expired_does_not_expire_again() -> None:
    given(model_decider, created, registered, granted_for_a_week, expired).when(expire).then_nothing()


def test_an_approval_without_a_day_does_not_expire() -> None:
    given(model_decider, created, registered, granted).when(expire).then_nothing()


def test_a_revoked_approval_does_not_expire() -> None:
    given(model_decider, created, registered, granted_for_a_week, revoked).when(expire).then_nothing()


def test_an_approval_that_was_prolonged_meanwhile_does_not_expire() -> None:
    given(model_decider, created, registered, granted_for_a_week, granted).when(expire).then_nothing()


def test_an_expired_approval_can_be_given_again() -> None:
    again = replace(grant_for_a_week, expires_at=NEXT_WEEK + timedelta(days=7))
    given(model_decider, created, registered, granted_for_a_week, expired).when(again).then(
        replace(granted_for_a_week, expires_at=NEXT_WEEK + timedelta(days=7))
    )
    given(model_decider, created, registered, granted_for_a_week, expired).when(grant).then(granted)


def test_an_unknown_version_has_no_approvals() -> None:
    given(model_decider, created).when(expire).then_rejected(VersionUnknown, model_version=V1)
