"""What may be done to a subscription, and what not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tenure_decider import Rejected
from tenure_dispatch.choice import Choice
from tenure_dispatch.subscription.decider import (
    MOST_SUBSCRIPTIONS,
    CreateSubscription,
    DeleteSubscription,
    MoveSubscription,
    PauseSubscription,
    ResumeSubscription,
    RotateSecret,
    Subscription,
    SubscriptionCommand,
    subscription_decider,
)
from tenure_dispatch.subscription.rules import (
    AddressRefused,
    SecretInGrace,
    SubscriptionExists,
    SubscriptionUnknown,
    TooManySubscriptions,
    TypeUnknown,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
CREATE = CreateSubscription(
    subscription="ci",
    url="https://ci.example.com/",
    choice=Choice(("dev.tenure.rollout.*",)),
    refused=None,
    others=0,
    principal="p-1",
    now=NOON,
)
ACTIVE = Subscription(
    subscription="ci",
    url="https://ci.example.com/",
    choice=Choice(("dev.tenure.rollout.*",)),
    status="active",
    reason=None,
    signs_until=None,
    revision=1,
    created_by="p-1",
    created_at=NOON,
    changed_at=NOON,
)
PAUSED = replace(ACTIVE, status="paused", reason="moving", revision=2, changed_at=LATER)
decide = subscription_decider.decide


def test_a_new_one_is_active_from_its_first_revision() -> None:
    assert decide(None, CREATE) == ACTIVE


@pytest.mark.parametrize(
    ("known", "command", "refusal"),
    [
        (ACTIVE, CREATE, SubscriptionExists("ci")),
        (None, replace(CREATE, refused="it names no host"), AddressRefused(CREATE.url, "it names no host")),
        (None, replace(CREATE, choice=Choice(("dev.tenure.rolout.*",))), TypeUnknown(("dev.tenure.rolout.*",))),
        (None, replace(CREATE, others=MOST_SUBSCRIPTIONS), TooManySubscriptions(MOST_SUBSCRIPTIONS)),
        (None, DeleteSubscription(subscription="ci", now=NOON), SubscriptionUnknown("ci")),
        (None, MoveSubscription(subscription="ci", now=NOON), SubscriptionUnknown("ci")),
        (
            replace(ACTIVE, signs_until=LATER),
            RotateSecret(subscription="ci", grace=timedelta(days=1), now=NOON),
            SecretInGrace("ci"),
        ),
    ],
)
def test_what_a_rule_forbids(known: Subscription | None, command: SubscriptionCommand, refusal: Rejected) -> None:
    with pytest.raises(type(refusal)) as refused:
        decide(known, command)
    assert refused.value.facts() == refusal.facts()


def test_pausing_says_why_and_resuming_forgets_it() -> None:
    paused = decide(ACTIVE, PauseSubscription(subscription="ci", reason="moving", now=LATER))
    assert paused == PAUSED
    resumed = decide(PAUSED, ResumeSubscription(subscription="ci", now=LATER))
    assert resumed == replace(ACTIVE, revision=3, changed_at=LATER)


def test_who_wants_nothing_any_more_is_gone_and_may_be_resumed() -> None:
    gone = decide(ACTIVE, PauseSubscription(subscription="ci", reason="410", gone=True, now=LATER))
    assert gone
    assert gone.status == "gone"
    assert decide(gone, ResumeSubscription(subscription="ci", now=LATER))


@pytest.mark.parametrize(
    ("known", "command"),
    [
        (PAUSED, PauseSubscription(subscription="ci", reason="again", now=LATER)),
        (ACTIVE, ResumeSubscription(subscription="ci", now=LATER)),
    ],
)
def test_what_is_so_already_changes_nothing(known: Subscription, command: SubscriptionCommand) -> None:
    assert decide(known, command) is None


def test_the_secret_before_signs_until_its_grace_ends_and_without_one_no_more() -> None:
    day = RotateSecret(subscription="ci", grace=timedelta(days=1), now=NOON)
    rotated = decide(ACTIVE, day)
    assert rotated
    assert rotated.signs_until == NOON + timedelta(days=1)
    at_once = decide(rotated, RotateSecret(subscription="ci", grace=timedelta(0), now=LATER))
    assert at_once
    assert at_once.signs_until is None
    assert decide(rotated, replace(day, now=NOON + timedelta(days=1)))


def test_a_replay_is_a_revision_so_that_two_can_not_pass_each_other_unseen() -> None:
    moved = decide(ACTIVE, MoveSubscription(subscription="ci", now=LATER))
    assert moved == replace(ACTIVE, revision=2, changed_at=LATER)


def test_after_its_deletion_there_is_none() -> None:
    deleted = decide(PAUSED, DeleteSubscription(subscription="ci", now=LATER))
    assert deleted
    assert subscription_decider.fold(ACTIVE, PAUSED, deleted) is None
