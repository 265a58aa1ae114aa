"""What was measured, on how many cases, and how sure is it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """Two-sided, both ends included. `confidence` is a fraction."""

    low: float
    high: float
    confidence: float

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.high and 0 < self.confidence < 1):
            raise ValueError(f"[{self.low}, {self.high}] at confidence {self.confidence} is not an interval")


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """`value` is None where the metric is undefined; `interval` is None where nobody can tell how sure it is.

    `n` counts the cases that the value rests on; 0 where that is unknown.
    """

    name: str
    value: float | None
    n: int
    interval: Interval | None = None
    slices: Mapping[str, Metric] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.n < 0 or not (self.value is None or isfinite(self.value)):
            raise ValueError(f"{self.name}: value {self.value}, n {self.n}")

    def walk(self, path: str = "") -> Iterator[tuple[str, Metric]]:
        """This metric, its slices, their slices, each with the path that names it."""
        here = path or self.name
        yield here, self
        for name, part in self.slices.items():
            yield from part.walk(f"{here}[{name}]")


def finite(value: float) -> float | None:
    """None for what a tool gives where a metric is undefined."""
    return float(value) if isfinite(value) else None
