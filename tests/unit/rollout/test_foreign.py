"""What does rollout know of a model's contexts, from what context-sync says?"""

from datetime import UTC, datetime
from functools import reduce
from types import SimpleNamespace
from typing import Any, cast

from tenure_journal import Meta
from tenure_rollout.events import ContextRef
from tenure_rollout.foreign import (
    BindingFacts,
    ContextBound,
    ContextEvent,
    ContextUnbound,
    Sla,
    SlaBreached,
    SlaRestored,
    fold_binding,
)

WEATHER = ContextRef(context="weather", revision=1)
bound = ContextBound(model_version="1", context="weather", revision=1, sla=Sla(on_breach="block_releases"))
breached = SlaBreached(model_version="1", context="weather", entity_class=None, limit_seconds=60)
class_breached = SlaBreached(model_version="1", context="weather", entity_class="region=eu", limit_seconds=30)
unbound = ContextUnbound(model_version="1", context="weather")


def told(*events: ContextEvent) -> BindingFacts:
    meta = SimpleNamespace(event_id="e", correlation_id="c", hops=0, time=datetime(2013, 3, 1, tzinfo=UTC))
    return reduce(lambda facts, event: fold_binding(facts, event, cast("Meta", meta)), events, BindingFacts())


def blocking(*events: Any) -> tuple[str, ...]:
    return told(*events).blocking([WEATHER])


def test_a_breach_blocks_until_it_is_restored() -> None:
    restored = SlaRestored(model_version="1", context="weather", entity_class=None)
    assert blocking(bound, breached) == ("weather",)
    assert blocking(bound, breached, restored) == ()


def test_a_context_that_is_unbound_holds_up_nothing_any_more() -> None:
    assert blocking(bound, breached, class_breached, unbound) == ()
    assert told(bound, breached, unbound).stale_for("1") == ()


def test_bound_again_it_is_not_broken_by_a_breach_of_before() -> None:
    assert blocking(bound, breached, unbound, bound) == ()


def test_another_versions_breach_still_blocks() -> None:
    other = ContextUnbound(model_version="2", context="weather")
    assert blocking(bound, breached, other) == ("weather",)
