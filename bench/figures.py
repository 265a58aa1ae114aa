"""What is a figure, and how is a table of them shown and kept?"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Beside:
    """A limit or a peer, measured in the same run."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """`met` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: str | None
    met: bool | None
    beside: Beside | None


def at_least(name: str, value: float, unit: str, target: float, beside: Beside | None = None) -> Figure:
    """A figure that should be high."""
    return Figure(name, round(value, 2), unit, f">= {target:g}", value >= target, beside)


def at_most(name: str, value: float, unit: str, target: float, beside: Beside | None = None) -> Figure:
    """A figure that should be low."""
    return Figure(name, round(value, 2), unit, f"<= {target:g}", value <= target, beside)


def seen(name: str, value: float, unit: str, beside: Beside | None = None) -> Figure:
    """A figure without a target."""
    return Figure(name, round(value, 2), unit, None, None, beside)


def percentile(values: Sequence[float], fraction: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]


def show(figures: Sequence[Figure]) -> None:
    """The table, on standard output."""
    table = Table("what", "figure", "target", "met", "beside")
    for f in figures:
        met = "" if f.met is None else "yes" if f.met else "NO"
        beside = f"{f.beside.name}: {f.beside.value:,.5g}" if f.beside else ""
        table.add_row(f.name, f"{f.value:,.5g} {f.unit}", f.target or "", met, beside)
    Console(file=sys.stdout, width=150).print(table)


def keep(figures: Sequence[Figure], path: Path) -> None:
    """As a JSON list."""
    path.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n")
