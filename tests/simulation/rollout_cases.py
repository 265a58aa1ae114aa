"""Which rollouts are simulated, and after how many of the candidate's observations must they be decided?"""

from dataclasses import dataclass

import numpy as np

from tests.simulation.rollouts import Case, Truth, coin, steady, tide

FLIPS = 0.02
LOSSES = np.linspace(0, 1, 21)
LOSS = np.exp(-6 * LOSSES) / np.exp(-6 * LOSSES).sum()  # a Brier score's shape: most small, some near 1
LOSS_MEAN = float(LOSS @ LOSSES)
LOSS_DEVIATION = float(np.sqrt(LOSS @ LOSSES**2 - LOSS_MEAN**2))
DAY = 48


def loss(harm: float) -> Truth:
    """Some of the losses become 1, so that their mean grows by `harm`."""
    moved = harm / (1 - LOSS_MEAN)
    probabilities = (1 - moved) * LOSS
    probabilities[-1] += moved
    return Truth(LOSSES, lambda window: probabilities)


def flips(harm: float) -> Truth:
    """Of one request's two answers: the candidate's alone is wrong, both are alike, the champion's alone is wrong."""
    worse = np.array([FLIPS, 1 - 2 * FLIPS - harm, FLIPS + harm])
    return Truth(np.array([-1.0, 0.0, 1.0]), lambda window: worse)


def tidal(harm: float) -> Truth:
    return Truth(np.array([0.0, 1.0]), lambda window: tide(0.05, harm, window, 4 * DAY))


def growing(window: int) -> int:
    """The candidate's share of 1,000 requests: 5 percent, then 25, then half."""
    return 50 if window < DAY else 250 if window < 2 * DAY else 500


def errors(rate: float, margin: float, champion_ratio: int, n: int, windows: int) -> Case:
    return Case(
        name=f"errors {rate:g}, margin {margin:g}, 1:{champion_ratio}",
        margin=margin,
        windows=windows,
        candidate_n=steady(n),
        champion_n=steady(n * champion_ratio),
        truth=coin(rate),
        planned_mean=rate,
        planned_deviation=(rate * (1 - rate)) ** 0.5,
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """90 % of those as good as the champion pass, and 95 % of those with twice the margin abort, within these n.

    What 10,000 rollouts showed, and about a tenth more, so that other seeds and longer windows stay within. Roughly
    twice what a test with one look planned beforehand needs; docs/judging.md has both.
    """

    case: Case
    pass_n: int
    abort_n: int


LOSS_CASE = Case("loss, margin 0.03, 1:1", 0.03, 200, steady(50), steady(50), loss, LOSS_MEAN, LOSS_DEVIATION, "mean")
FLIP_CASE = Case("pairs, margin 0.02", 0.02, 200, steady(50), steady(50), flips, 0.0, (2 * FLIPS) ** 0.5, "paired")
TIDE_CASE = Case(
    "errors 0.05 with the hour, margin 0.02, weight 5, 25, 50 %",
    0.02,
    200,
    growing,
    lambda window: 1_000 - growing(window),
    tidal,
    0.05,
    0.22,
)
STATED = (
    Stated(errors(0.01, 0.01, 1, 100, 250), 4_000, 9_000),
    Stated(errors(0.01, 0.005, 1, 200, 250), 14_000, 26_000),
    Stated(errors(0.05, 0.02, 1, 50, 250), 4_200, 7_200),
    Stated(errors(0.05, 0.02, 19, 50, 250), 2_500, 4_200),
    Stated(errors(0.2, 0.05, 1, 50, 200), 2_200, 3_200),
    Stated(LOSS_CASE, 1_200, 2_700),
    Stated(FLIP_CASE, 2_200, 5_000),
    Stated(TIDE_CASE, 3_300, 5_700),
)
TWO_ARMED = tuple(stated for stated in STATED if stated.case.kind != "paired")
