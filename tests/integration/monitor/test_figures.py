"""What of a prediction counts by itself, before any outcome?"""

import random
from datetime import timedelta

from tenure_monitor.metrics import EDGES_MS, FIGURES

from tests.integration.monitor.watch import NOON, Watch, outcome, prediction


async def test_failures_stale_contexts_scores_and_latencies_count_when_they_are_told(watching: Watch) -> None:
    await watching.tell(
        prediction("q1", 0.25, latency_ms=2.0, context_limit_seconds=3.0),
        prediction("q2", 0.75, latency_ms=4.0, context_limit_seconds=2.0),
        prediction("q3", None, failed=True),
    )
    await watching.settled()
    assert await watching.sums() == {
        ("r1", "failure", NOON): (3, 1.0, 1.0),
        ("r1", "stale", NOON): (2, 1.0, 1.0),
        ("r1", "score", NOON): (2, 1.0, 0.625),
        ("r1", "latency", NOON): (2, 6.0, 20.0),
    }


async def test_what_failed_has_no_loss_whatever_came_of_it(watching: Watch) -> None:
    await watching.tell(prediction("q1", None, failed=True), outcome("q1", 1.0))
    await watching.settled()
    assert {metric for _, metric, _ in await watching.sums()} == {"failure"}


async def test_a_retry_of_a_failure_with_another_answer_changes_nothing(watching: Watch) -> None:
    await watching.tell(prediction("q1", None, failed=True))
    await watching.settled()
    await watching.tell(prediction("q1", 0.5), outcome("q1", 1.0))
    await watching.settled()
    assert await watching.sums() == {("r1", "failure", NOON): (1, 1.0, 1.0)}


async def test_an_outcome_first_does_not_keep_a_prediction_from_counting(watching: Watch) -> None:
    await watching.tell(outcome("q1", 1.0))
    await watching.settled()
    await watching.tell(prediction("q1", 0.5))
    await watching.settled()
    assert await watching.sums(metric="failure") == {("r1", "failure", NOON): (1, 0.0, 0.0)}


async def test_in_any_order_and_batches_a_latencys_histogram_is_that_of_the_whole(watching: Watch) -> None:
    generator = random.Random(6)
    told = [prediction(f"q{n}", 0.5, latency_ms=generator.choice((*EDGES_MS[:90], 0.1, 7.77))) for n in range(60)]
    for start in range(0, 60, 7):
        await watching.tell(*told[start : start + 7], told[0])
        await watching.settled()
    latencies = [FIGURES["latency"](one) or 0.0 for one in told]
    [newest] = [one for one in await watching.published() if one["metric"] == "latency" and one["n"] == 60]
    assert newest["histogram"]["edges"] == list(EDGES_MS)
    assert newest["histogram"]["at_or_below"] == [sum(ms <= edge for ms in latencies) for edge in EDGES_MS]


async def test_other_metrics_have_no_histogram(watching: Watch) -> None:
    await watching.tell(prediction("q1", 0.5, latency_ms=3.0))
    await watching.settled()
    assert {one["metric"] for one in await watching.published() if "histogram" in one} == {"latency"}


async def test_both_answers_to_a_mirrored_request_are_a_pair_whichever_is_told_first(watching: Watch) -> None:
    answered, mirrored = prediction("q1", 0.25), prediction("q1", 0.75, release="r2", mirror=True)
    again = [prediction("q2", 0.5, release="r2", mirror=True), prediction("q2", 0.25)]
    for told in (answered, mirrored, mirrored, *again):
        await watching.tell(told)
        await watching.settled()
    assert await watching.sums(metric="score_difference") == {("r2", "score_difference", NOON): (2, 0.75, 0.3125)}
    [newest] = [one for one in await watching.published() if one["metric"] == "disagreement" and one["n"] == 2]
    assert (newest["release"], newest["against"], newest["sum"]) == ("r2", "r1", 0.75)


async def test_a_pair_is_of_the_hour_in_which_the_request_was_mirrored_which_may_be_long_after(watching: Watch) -> None:
    await watching.tell(prediction("q1", 0.25), prediction("q1", 0.75, release="r2", minutes=61, mirror=True))
    await watching.settled()
    [[_, _, hour]] = await watching.sums(metric="score_difference")
    assert hour == NOON + timedelta(hours=1)


async def test_pairs_against_another_release_are_windows_of_their_own(watching: Watch) -> None:
    for name, live in (("q1", "r1"), ("q2", "r0")):
        told = prediction(name, 0.25, release=live), prediction(name, 0.5, release="r2", mirror=True)
        await watching.tell(*told)
        await watching.settled()
    found = [(w["against"], w["n"]) for w in await watching.published() if w["metric"] == "disagreement"]
    assert sorted(found) == [("r0", 1), ("r1", 1)]


async def test_a_mirrored_answer_is_never_taken_for_the_one_that_the_caller_got(watching: Watch) -> None:
    await watching.tell(prediction("q1", 0.75, release="r2", mirror=True), prediction("q1", 0.25), outcome("q1", 1.0))
    await watching.settled()
    sums = await watching.sums(metric="brier")
    assert sums == {("r1", "brier", NOON): (1, 0.5625, 0.31640625), ("r2", "brier", NOON): (1, 0.0625, 0.00390625)}
    assert await watching.sums(metric="score", release="r2") == {("r2", "score", NOON): (1, 0.75, 0.5625)}


async def test_an_outcome_of_before_is_a_mirrored_predictions_too(watching: Watch) -> None:
    await watching.tell(outcome("q1", 1.0))
    await watching.settled()
    await watching.tell(prediction("q1", 0.75, release="r2", mirror=True))
    await watching.settled()
    assert await watching.sums(metric="brier") == {("r2", "brier", NOON): (1, 0.0625, 0.00390625)}


async def test_what_failed_is_no_pair_and_nobody_calls_a_mirror(watching: Watch) -> None:
    failed = prediction("q1", None, release="r2", mirror=True, failed=True)
    await watching.tell(prediction("q1", 0.25), failed)
    await watching.settled()
    assert await watching.sums(metric="disagreement") == {}
    assert await watching.sql("select calls from callers") == [(1,)]
