"""What must be kept of the observations, so that a verdict needs nothing else?

All of it on the unit scale of its metric: see `metrics.Metric.on_unit_scale`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

ROUNDING = 1e-9
PLAN_N = 10
MOST_EDGES = 512


class StatisticsInvalid(ValueError):
    """These can't be the statistics of observations within the metric's declared bounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """Count, sum and sum of squares of one arm's observations within one window."""

    n: int
    total: float
    squares: float

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares)

    def scaled(self, shift: float, factor: float) -> "Moments":
        """Those of (x - shift) / factor."""
        total = (self.total - self.n * shift) / factor
        squares = (self.squares - 2 * shift * self.total + self.n * shift * shift) / factor**2
        return Moments(n=self.n, total=total, squares=squares)

    def spread(self, centre: float) -> float:
        """The sum of squared distances from `centre`."""
        return max(0.0, self.squares - 2 * centre * self.total + self.n * centre * centre)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """Candidate minus champion, added up over windows.

    `difference` is the sum of weight * (difference of the window's means), a window's weight the size of its smaller
    arm; `variance` the sum of squared prediction errors that goes with it; totals predict the windows to come.
    """

    candidate_n: int
    candidate_total: float
    champion_n: int
    champion_total: float
    weight: float
    difference: float
    variance: float


NOTHING = Contrast(
    candidate_n=0, candidate_total=0.0, champion_n=0, champion_total=0.0, weight=0.0, difference=0.0, variance=0.0
)


def with_window(so_far: Contrast, candidate: Moments, champion: Moments, planned_mean: float) -> Contrast:
    """One more window, the windows in the order of time; one in which only one arm served says nothing.

    An observation is predicted by its arm's mean over the windows before, never by its own window's: hence the order.
    Comparing within windows keeps what changes with the hour, for both arms alike, out of the difference.

    Source: Howard et al. (2021), theorem 4; a sum scaled by weight / n <= 1 keeps its condition (x - prediction >= -1).
    Raises: StatisticsInvalid.
    """
    _demand_unit_scale(candidate)
    _demand_unit_scale(champion)
    if not (candidate.n and champion.n):
        return so_far
    weight = min(candidate.n, champion.n)
    ours, theirs = weight / candidate.n, weight / champion.n
    our_centre = _prediction(so_far.candidate_total, so_far.candidate_n, planned_mean)
    their_centre = _prediction(so_far.champion_total, so_far.champion_n, planned_mean)
    variance = ours**2 * candidate.spread(our_centre) + theirs**2 * champion.spread(their_centre)
    return Contrast(
        candidate_n=so_far.candidate_n + candidate.n,
        candidate_total=so_far.candidate_total + candidate.total,
        champion_n=so_far.champion_n + champion.n,
        champion_total=so_far.champion_total + champion.total,
        weight=so_far.weight + weight,
        difference=so_far.difference + ours * candidate.total - theirs * champion.total,
        variance=so_far.variance + variance,
    )


def with_pairs(so_far: Contrast, pairs: Moments, planned_mean: float) -> Contrast:
    """One more window of paired differences; on the unit scale, 1/2 is no difference.

    Source: Howard et al. (2021), theorem 4.
    Raises: StatisticsInvalid.
    """
    _demand_unit_scale(pairs)
    centre = _prediction(so_far.candidate_total, so_far.candidate_n, planned_mean)
    return Contrast(
        candidate_n=so_far.candidate_n + pairs.n,
        candidate_total=so_far.candidate_total + pairs.total,
        champion_n=so_far.champion_n + pairs.n,
        champion_total=0.0,
        weight=so_far.weight + pairs.n,
        difference=so_far.difference + pairs.total - pairs.n / 2,
        variance=so_far.variance + pairs.spread(centre),
    )


def _prediction(total: float, n: int, planned_mean: float) -> float:
    """Within [0, 1], as the inequality asks, whatever rounding did."""
    return min(1.0, max(0.0, (PLAN_N * planned_mean + total) / (PLAN_N + n)))


def _demand_unit_scale(said: Moments) -> None:
    """Of n values in [0, 1]: total^2 / n <= squares <= total <= n, up to rounding."""
    slack = ROUNDING * max(1, said.n)
    finite = isfinite(said.total) and isfinite(said.squares) and said.n >= 0
    if not finite or not -slack <= said.total <= said.n + slack:
        raise StatisticsInvalid(f"{said} has values outside of the bounds: widen those or clip at the source")
    if said.squares > said.total + slack or said.squares + slack < said.total**2 / max(1, said.n):
        raise StatisticsInvalid(f"{said} is not the count, sum and sum of squares of any values within the bounds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """How many of `n` observations were at or below each edge; edges ascend and are the same for both arms.

    Not checked where it is made, since an event that holds one must be readable whatever it holds.
    """

    n: int
    edges: tuple[float, ...]
    at_or_below: tuple[int, ...]

    def demand_valid(self) -> None:
        """Raises: StatisticsInvalid."""
        rising = all(low < high for low, high in zip(self.edges, self.edges[1:], strict=False))
        counts = (0, *self.at_or_below, self.n)
        if len(self.edges) != len(self.at_or_below) or not rising or list(counts) != sorted(counts):
            raise StatisticsInvalid("a histogram needs ascending edges, and for each the count of all values up to it")
        if not 1 <= len(self.edges) <= MOST_EDGES:
            raise StatisticsInvalid(f"a histogram has 1 to {MOST_EDGES} edges, not {len(self.edges)}")

    def __add__(self, other: "Histogram") -> "Histogram":
        if self.edges != other.edges:
            raise StatisticsInvalid("histograms add up only where their edges are the same")
        counts = tuple(a + b for a, b in zip(self.at_or_below, other.at_or_below, strict=True))
        return Histogram(n=self.n + other.n, edges=self.edges, at_or_below=counts)


def empty_histogram(edges: Iterable[float]) -> Histogram:
    kept = tuple(edges)
    return Histogram(n=0, edges=kept, at_or_below=(0,) * len(kept))
