"""Which steps does a strategy of that name come to? The usual ones, so that nobody has to write them out."""

from collections.abc import Callable, Mapping, Sequence

from tenure_rollout.events import HeaderRoute, Step

CANARY_WEIGHTS = (1.0, 5.0, 25.0, 50.0)
PATIENCE_SECONDS = 604_800  # past its time an analysis that the judge can't decide is a person's


def analysis(seconds: int, weight: float | None = None) -> Step:
    """Judged for that long at least."""
    return Step(kind="analysis", weight_percent=weight, min_seconds=seconds, max_seconds=seconds + PATIENCE_SECONDS)


def canary(weights: Sequence[float] = CANARY_WEIGHTS, seconds: int = 600) -> tuple[Step, ...]:
    """A small share first, judged at each share; then all."""
    return tuple(analysis(seconds, weight) for weight in (*weights, 100.0))


def gradual(by_percent: float = 10.0, seconds: int = 300) -> tuple[Step, ...]:
    """Equal shares more each time."""
    shares = [by_percent * n for n in range(1, int(100 / by_percent) + 1)]
    return canary([share for share in shares if share < 100], seconds)


def blue_green(header: str = "Tenure-Preview", value: str = "green", seconds: int = 600) -> tuple[Step, ...]:
    """Seen by who asks for it, judged on that, let through by a person, then all at once."""
    return (
        Step(kind="setHeaderRoute", header=HeaderRoute(header=header, value=value)),
        analysis(seconds),
        Step(kind="pause"),
        Step(kind="setWeight", weight_percent=100.0),
    )


def shadow(percent: float = 100.0, seconds: int = 3_600) -> tuple[Step, ...]:
    """Copies of requests, answers compared and thrown away; a person decides what comes of it."""
    return (
        Step(kind="mirror", weight_percent=percent),
        analysis(seconds),
        Step(kind="pause"),
    )


def ab(percent: float = 50.0, seconds: int = 604_800) -> tuple[Step, ...]:
    """Two arms for as long as the outcome takes; judged, then decided by a person."""
    return (analysis(seconds, percent), Step(kind="pause"))


def migrate(by_percent: float = 25.0, seconds: int = 3_600) -> tuple[Step, ...]:
    """Traffic moves to a replacement in shares, once its contexts are fresh."""
    return gradual(by_percent, seconds)


STRATEGIES: Mapping[str, Callable[..., tuple[Step, ...]]] = {
    "canary": canary,
    "gradual": gradual,
    "blueGreen": blue_green,
    "shadow": shadow,
    "ab": ab,
    "migrate": migrate,
}
