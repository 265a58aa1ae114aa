"""Which models can be watched, and how?"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tenure_decider import given
from tenure_monitor.decider import DeclareMonitor, MetricUnknown, MonitorIsFixed, WindowInvalid, monitor_decider
from tenure_monitor.events import MonitorDeclared
from tenure_monitor.names import ModelName, PrincipalId

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DELAYS, ENGINEER = ModelName("delays"), PrincipalId("p-engineer")
KNOWN = ("brier", "error", "failure", "stale", "score", "latency", "score_difference", "disagreement")

declare = DeclareMonitor(model=DELAYS, metrics=("brier",), window_seconds=3_600, principal=ENGINEER, now=NOON)
declared = MonitorDeclared(
    model=DELAYS, metrics=("brier",), window_seconds=3_600, declared_by=ENGINEER, declared_at=NOON
)


def test_a_monitor_is_declared() -> None:
    given(monitor_decider).when(declare).then(declared)


def test_declaring_it_again_changes_nothing() -> None:
    given(monitor_decider, declared).when(declare).then_nothing()


@pytest.mark.parametrize("other", [{"metrics": ("error",)}, {"window_seconds": 60}])
def test_what_a_monitor_watches_stays(other: dict[str, object]) -> None:
    given(monitor_decider, declared).when(replace(declare, **other)).then_rejected(MonitorIsFixed, model=DELAYS)


@pytest.mark.parametrize(("metrics", "unknown"), [(("brier", "magic"), ("magic",)), ((), ()), (("brier", "brier"), ())])
def test_a_metric_must_be_known_and_named_once(metrics: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    given(monitor_decider).when(replace(declare, metrics=metrics)).then_rejected(
        MetricUnknown, unknown=unknown, known=KNOWN
    )


@pytest.mark.parametrize("seconds", [0, 59, 7_000, 86_401, -60])
def test_a_window_divides_a_day(seconds: int) -> None:
    given(monitor_decider).when(replace(declare, window_seconds=seconds)).then_rejected(
        WindowInvalid, window_seconds=seconds
    )
