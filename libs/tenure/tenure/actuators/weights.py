"""By which whole numbers are shares told to a gateway that knows no others? Pure."""

from collections.abc import Mapping

HEAVIEST = 256
"""Of one server, in HAProxy; other gateways take as many or more."""


def whole_weights(shares: Mapping[str, float], servers: Mapping[str, int]) -> dict[str, int]:
    """Of all servers of a release together, so that they have its share in percent, as nearly as can be.

    A share above zero never becomes a weight of zero, nor the other way round. `servers`: how many each release has.
    """
    largest = max(shares, key=lambda release: shares[release] / servers[release])
    if not shares[largest]:
        return dict.fromkeys(shares, 0)
    tried = [_scaled(shares, shares[largest], heaviest) for heaviest in range(1, HEAVIEST * servers[largest] + 1)]
    return min(tried, key=lambda weights: (_error(weights, shares), sum(weights.values())))


def spread(weight: int, servers: int) -> list[int]:
    """A release's weight over its servers, as evenly as can be."""
    each, over = divmod(weight, servers)
    return [each + (number < over) for number in range(servers)]


def shares_of(weights: Mapping[str, int]) -> dict[str, float]:
    """The percentage that each release gets of the requests."""
    whole = sum(weights.values())
    return {release: weight / whole * 100 if whole else 0.0 for release, weight in weights.items()}


def _scaled(shares: Mapping[str, float], largest: float, heaviest: int) -> dict[str, int]:
    return {release: max(1, round(share / largest * heaviest)) if share else 0 for release, share in shares.items()}


def _error(weights: Mapping[str, int], shares: Mapping[str, float]) -> float:
    found = shares_of(weights)
    return max(abs(found[release] - share) for release, share in shares.items())
