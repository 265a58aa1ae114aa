"""Is the demo told in one line for each thing that happened?"""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from tenure.consumer import Event
from tenure.demo.telling import Teller
from tenure_codec.envelope import Attributes

NOON = datetime(2013, 3, 17, 12, tzinfo=UTC)
STREAM = "rollout/deployment/delay-predictor@production"
JUDGED = {"verdict": "inconclusive", "step": 1}


def event(name: str = "judgement-changed", stream: str = STREAM, **fields: Any) -> Event:
    attributes = Attributes(
        id="e",
        source="/tenure/rollout",
        type=f"dev.tenure.rollout.{name}.v1",
        subject=stream,
        time=NOON,
        recorded_time=NOON,
        sequence=1,
        previous="0" * 64,
        dataschema="",
        command_id="c",
        command_digest="d",
        correlation_id="e",
        hops=0,
        auth_id="p",
        auth_type="user",
    )
    return Event(attributes, "d", fields, "tenure.rollout.events", 0, 0, 0)


def told(event: Event, *, width: int, terminal: bool) -> list[str]:
    """The lines of the event, without colours."""
    out = StringIO()
    Teller(Console(file=out, width=width, force_terminal=terminal, no_color=True, color_system=None)).event(event)
    return out.getvalue().splitlines()


def test_the_longest_lines_of_the_demo_fit_eighty_columns() -> None:
    approved = event("approval-granted", "registry/model/delay-predictor", model_version="1", stage="production")
    lines = [line for one in (event(**JUDGED), approved) for line in told(one, width=80, terminal=True)]
    assert lines == [
        "03-17 12:00 judgement-changed  delay-predictor@production inconclusive, step 1",
        "03-17 12:00 approval-granted   delay-predictor            version 1, production",
    ]


@pytest.mark.parametrize("width", [20, 40, 60])
def test_on_a_narrower_terminal_it_ends_in_an_ellipsis(width: int) -> None:
    [line] = told(event(**JUDGED), width=width, terminal=True)
    assert len(line) == width
    assert line.endswith("…")


def test_a_pipe_gets_all_of_it_in_one_line() -> None:
    assert told(event(**JUDGED), width=20, terminal=False) == told(event(**JUDGED), width=200, terminal=True)


def test_the_facts_are_words_and_what_is_not_known_is_left_out() -> None:
    breached = event("sla-breached", "context/binding/delays", context="weather", age_seconds=14_400.0, model="delays")
    routed = event(
        "route-changed", arms=[{"release": "r2", "weight_percent": 5.0}, {"release": "r1", "weight_percent": 95}]
    )
    paused = event("rollout-paused", verdict=None)
    assert [told(one, width=100, terminal=False)[0][12:] for one in (breached, routed, paused)] == [
        "sla-breached       delays                     weather, 14400 s old",
        "route-changed      delay-predictor@production r2:5% r1:95%",
        "rollout-paused     delay-predictor@production",
    ]


def test_text_from_outside_is_shown_as_it_is() -> None:
    out = StringIO()
    Teller(Console(file=out, width=80, force_terminal=False)).remark("refused: [red]markup[/red] is no markup")
    assert out.getvalue() == " " * 12 + "refused: [red]markup[/red] is no markup\n"
