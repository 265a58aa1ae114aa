"""What forbids a change of a subscription?"""

from dataclasses import dataclass

from tenure_decider import Invalid, Rejected, Unknown

from tenure_dispatch.names import SubscriptionName


@dataclass(eq=False)
class SubscriptionUnknown(Unknown):
    """There is no subscription {subscription}."""

    subscription: SubscriptionName


@dataclass(eq=False)
class SubscriptionExists(Rejected):
    """There is a subscription {subscription} already; delete it first, or take another name."""

    subscription: SubscriptionName


@dataclass(eq=False)
class TooManySubscriptions(Rejected):
    """There are {most} subscriptions, which is as many as there may be; delete one first."""

    most: int


@dataclass(eq=False)
class AddressRefused(Invalid):
    """{url} can't be delivered to: {why}."""

    url: str
    why: str


@dataclass(eq=False)
class TypeUnknown(Invalid):
    """No event has the type {unknown}; types are as dev.tenure.rollout.rollout-promoted.v1, and may end in *."""

    unknown: tuple[str, ...]


@dataclass(eq=False)
class PositionAhead(Invalid):
    """The log ends before {places}: nothing can be delivered from there."""

    places: tuple[str, ...]


@dataclass(eq=False)
class SecretInGrace(Rejected):
    """An older secret of {subscription} still signs; a grace of 0 ends all but the new one."""

    subscription: SubscriptionName
