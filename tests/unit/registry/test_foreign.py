"""What does the registry know of a model's bindings, from what context-sync says?"""

from functools import reduce
from types import SimpleNamespace
from typing import cast

from tenure_journal import Meta
from tenure_registry.foreign import Bindings, ContextBound, ContextEvent, ContextUnbound, fold_binding

first = ContextBound(model_version="1", context="weather", revision=1)
second = ContextBound(model_version="2", context="weather", revision=2)
unbound = ContextUnbound(model_version="1", context="weather")


def told(*events: ContextEvent) -> Bindings:
    meta = cast("Meta", SimpleNamespace(sequence=1))
    return reduce(lambda bound, event: fold_binding(bound, event, meta), events, Bindings())


def test_a_context_that_no_version_reads_any_more_is_not_the_models() -> None:
    found = told(first, unbound)
    assert (dict(found.newest), dict(found.places)) == ({}, {})


def test_what_another_version_still_reads_stays_the_models() -> None:
    found = told(first, second, unbound)
    assert (dict(found.newest), dict(found.places)) == ({"weather": 2}, {("2", "weather"): (2, 1)})
