"""Where does it end? Each thing that a model's state can hold any number of has a most."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tenure_decider import given
from tenure_registry.model import limits
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import ModelEvent
from tenure_registry.model.rules import TooMany
from tenure_registry.names import PrincipalId, Stage
from tenure_registry.parts import Tag

from tests.unit.registry.story import created, grant, granted, passed, record, refuse, refused, register, registered
from tests.unit.registry.story_approvals import delegate, delegated, request, requested
from tests.unit.registry.story_catalogue import move, moved, tag, tags_changed
from tests.unit.registry.story_endings import declare, declared, deprecated, notified, notify


def each(event: ModelEvent, most: int, **names: Any) -> list[ModelEvent]:
    """So many of the event; a `names` gives the field that differs, and what is made of its number."""
    [(field, made)] = names.items()
    return [replace(event, **{field: made(f"n{number}")}) for number in range(most)]


TAGS = tuple(Tag(key=f"n{number}", kind="text", value="") for number in range(limits.TAGS))
FULL: dict[str, tuple[Sequence[ModelEvent], Any, int]] = {
    "versions": (each(registered, limits.VERSIONS, model_version=str), register, limits.VERSIONS),
    "aliases": ([registered, *each(moved, limits.ALIASES, alias=str)], move, limits.ALIASES),
    "consumers": (each(declared, limits.CONSUMERS, consumer=str), declare, limits.CONSUMERS),
    "tags": ([replace(tags_changed, tags=TAGS)], tag, limits.TAGS),
    "notices of one end": (
        [registered, deprecated, *each(notified, limits.NOTICES, consumer=str)],
        notify,
        limits.NOTICES,
    ),
    "results": ([registered, *each(passed, limits.EVIDENCE, evidence=str)], record, limits.EVIDENCE),
    "requests for approval": ([registered, *each(requested, limits.REQUESTS, stage=Stage)], request, limits.REQUESTS),
    "approvals": ([registered, *each(granted, limits.APPROVALS, approver=PrincipalId)], grant, limits.APPROVALS),
    "refusals": ([registered, *each(refused, limits.REFUSALS, approver=PrincipalId)], refuse, limits.REFUSALS),
    "delegations": (
        [registered, *each(delegated, limits.DELEGATIONS, delegate=PrincipalId)],
        delegate,
        limits.DELEGATIONS,
    ),
}


@pytest.mark.parametrize("what", FULL)
def test_one_more_than_there_may_be_is_refused(what: str) -> None:
    events, command, most = FULL[what]
    given(model_decider, created, *events).when(command).then_rejected(TooMany, what=what, most=most)
