"""By which whole numbers are shares told to a gateway that knows no others? Pure."""

from collections.abc import Mapping

HEAVIEST = 256
"""Of one server, in HAProxy; other gateways take as many or more."""


def whole_weights(shares: Mapping[str, float], servers: Mapping[str, int]) -> dict[str, int]:
    """Of each server of a release, so that all of a release's together have its share in percent, as nearly as can be.

    A share above zero never becomes a weight of zero, nor the other way round. `servers` has every release of `shares`.
    """
    each = {release: share / servers[release] for release, share in shares.items()}
    largest = max(each.values(), default=0.0)
    if not largest:
        return dict.fromkeys(shares, 0)
    tried = [_scaled(each, heaviest / largest) for heaviest in range(1, HEAVIEST + 1)]
    return min(tried, key=lambda weights: (_error(weights, shares, servers), sum(weights.values())))


def shares_of(weights: Mapping[str, int], servers: Mapping[str, int]) -> dict[str, float]:
    """The percentage that each release gets of the requests."""
    whole = sum(weight * servers[release] for release, weight in weights.items())
    return {release: weight * servers[release] / whole * 100 if whole else 0.0 for release, weight in weights.items()}


def _scaled(each: Mapping[str, float], factor: float) -> dict[str, int]:
    return {release: max(1, round(one * factor)) if one else 0 for release, one in each.items()}


def _error(weights: Mapping[str, int], shares: Mapping[str, float], servers: Mapping[str, int]) -> float:
    found = shares_of(weights, servers)
    return max(abs(found[release] - share) for release, share in shares.items())
