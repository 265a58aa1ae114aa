"""What would the judges have said that people use: a fixed-horizon test asked again each minute, and Kayenta's?

`python -m tests.simulation.other_judges` prints the comparison.
"""

import sys
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from tests.simulation.rollout_cases import TWO_ARMED
from tests.simulation.rollouts import ALPHA, Arm, Case, Flags, Floats, Run, ever, simulate

KAYENTA_CONFIDENCE, KAYENTA_TOLERANCE = 0.95, 0.25
KAYENTA_WINDOWS = 60
MOST_ROLLOUTS = 1_000  # of Kayenta's: it sorts windows^2 shifts for each


def fixed_horizon(run: Run) -> tuple[Flags, Flags]:
    """Welch's one-sided intervals of the pooled observations, again at every look: (passes, aborts)."""
    one, other = _pooled(run.candidate), _pooled(run.champion)
    reach = NormalDist().inv_cdf(1 - ALPHA) * np.sqrt(one[1] + other[1])
    difference, margin = one[0] - other[0], run.case.margin
    enough = np.minimum(run.candidate.n.cumsum(), run.champion.n.cumsum()) >= run.case.metric.min_n
    return (difference + reach < margin) & enough, (difference - reach > margin) & enough


def _pooled(arm: Arm) -> tuple[Floats, Floats]:
    """Mean and squared standard error."""
    n, total, squares = arm.n.cumsum(), arm.total.cumsum(axis=1), arm.squares.cumsum(axis=1)
    mean = total / n
    return mean, np.maximum(squares / n - mean**2, 0) / (n - 1)


def kayenta_fails(run: Run, windows: int) -> Flags:
    """Is the candidate `High` after so many windows, by rollout? Each window's mean is one value, as of a time series.

    The interval of the Hodges-Lehmann shift lies beyond a quarter of its estimate.
    Source: MannWhitneyClassifier.scala in spinnaker/kayenta, with its defaults; M. Hollander, D. A. Wolfe,
    "Nonparametric Statistical Methods", section 4.2, for the interval.
    """
    arms = (run.candidate, run.champion)
    one, other = (arm.total[:MOST_ROLLOUTS, :windows] / arm.n[:windows] for arm in arms)
    shifts = np.sort((one[:, :, None] - other[:, None, :]).reshape(len(one), -1), axis=1)
    z = NormalDist().inv_cdf((1 + KAYENTA_CONFIDENCE) / 2)
    rank = int(windows**2 / 2 - z * np.sqrt(windows**2 * (2 * windows + 1) / 12))
    estimate = np.median(shifts, axis=1)
    return np.asarray(shifts[:, max(0, rank)] > KAYENTA_TOLERANCE * np.abs(estimate))


def compared(case: Case, rollouts: int) -> Iterator[str]:
    """Three lines: at the margin, how many pass; and how many of two equal arms fail."""
    same, harmful = (simulate(case, harm, rollouts, seed) for seed, harm in enumerate((0.0, case.margin)))
    fixed_same, fixed_harmful = fixed_horizon(same), fixed_horizon(harmful)
    yield f"{case.name}, over {case.windows} looks at {rollouts:,} rollouts"
    yield _line("this judge", ever(harmful.passes), ever(harmful.aborts), ever(same.aborts))
    yield _line("fixed horizon, asked again", ever(fixed_harmful[0]), ever(fixed_harmful[1]), ever(fixed_same[1]))
    failed, failed_same = (kayenta_fails(run, KAYENTA_WINDOWS).mean() for run in (harmful, same))
    yield _line(f"Mann-Whitney, once, at {KAYENTA_WINDOWS}", 1 - failed, failed, failed_same)


def _line(judge: str, passes: float, aborts: float, equal_aborts: float) -> str:
    at_margin = f"at the margin: passes {passes:6.1%}, aborts {aborts:6.1%}"
    return f"  {judge:28} {at_margin}; equal arms: aborts {equal_aborts:6.1%}"


def report(rollouts: int) -> str:
    lines = [line for stated in TWO_ARMED for line in compared(stated.case, rollouts)]
    return "\n".join(["", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(report(2_000))
