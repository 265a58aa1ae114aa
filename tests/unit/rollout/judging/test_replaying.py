"""Can anybody compute a judgement again from what was told of it?"""

import json
from dataclasses import asdict
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tenure_rollout.judging.replaying import NotReplayable, differences
from tenure_rollout.judging.statistics import Moments
from tenure_rollout.judging.verdicts import Evidence, verdict_of

from tests.unit.rollout.judging.declared import (
    ERRORS,
    LATENCY,
    added,
    arms,
    counted,
    evenly,
    evidence,
    of_contrast,
    of_histograms,
)


def told(rests_on: Evidence) -> dict[str, Any]:
    """As the API tells it: JSON, written by one library and read by another."""
    event = asdict(rests_on) | asdict(verdict_of(rests_on)) | {"rollout": "canary", "step": 1}
    read: dict[str, Any] = json.loads(msgspec.json.encode(event))
    return read


def harmful() -> dict[str, Any]:
    contrast = added(ERRORS, (counted(20_000, 2_000), counted(20_000, 1_000)))
    histograms = of_histograms(LATENCY, evenly(5_000, 300.0), evenly(5_000, 200.0))
    return told(evidence(0.05, (ERRORS, of_contrast(ERRORS, contrast)), (LATENCY, histograms)))


@given(arms)
def test_what_the_judge_said_follows_from_its_evidence_byte_for_byte(story: list[tuple[Moments, Moments]]) -> None:
    assert differences(told(evidence(0.05, (ERRORS, of_contrast(ERRORS, added(ERRORS, *story)))))) == []


def test_quantiles_follow_too() -> None:
    assert differences(harmful()) == []


def test_whoever_changes_a_figure_is_found_out() -> None:
    event = harmful()
    event["verdict"] = "continue"
    event["metrics"][0]["verdict"] = "continue"
    event["metrics"][1]["low"] += 1e-12
    verdict, of_errors, of_latency = differences(event)
    assert verdict == "verdict: continue was told, abort follows"
    assert of_errors == "errors, verdict: continue was told, abort follows"
    assert of_latency.startswith("latency, low: ")


def test_whoever_changes_the_evidence_is_found_out() -> None:
    event = harmful()
    event["statistics"][0]["contrast"]["difference"] = 0.0
    assert "errors, verdict: abort was told, continue follows" in differences(event)


def test_a_metric_that_was_left_out_is_missed() -> None:
    event = harmful()
    del event["metrics"][1]
    assert "1 metrics were told of, 2 were judged" in differences(event)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"judge_revision": "0"}, "judge 0 judged, this build has judge 1: use the build that judged"),
        ({"statistics": []}, "there is not one set of statistics for each metric, in the order of declaration"),
        ({"statistics": [7]}, "Expected `object`, got `int` - at `$.statistics[0]`"),
    ],
)
def test_what_can_not_be_computed_again_says_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotReplayable, match=reason.replace("$", r"\$").replace("[", r"\[")):
        differences(harmful() | change)
