"""The ids of dispatch, so that none is taken for another."""

from typing import NewType

SubscriptionName = NewType("SubscriptionName", str)
PrincipalId = NewType("PrincipalId", str)
Reader = NewType("Reader", str)
"""Whoever has a cursor: `webhook/<subscription>`, or a public topic's name."""


def webhook(subscription: SubscriptionName) -> Reader:
    return Reader(f"webhook/{subscription}")
