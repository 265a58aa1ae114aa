"""Are shares told in whole numbers as nearly as can be, and never one of nothing for one of something?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure.actuators.haproxy import FINEST_PERCENT
from tenure.actuators.weights import HEAVIEST, shares_of, spread, whole_weights

halves = st.integers(1, 199).map(lambda n: n / 2)
replicas = st.integers(1, 4)


@given(halves, replicas, replicas)
def test_every_share_of_two_releases_is_met_within_what_the_gateway_says_of_itself(
    share: float, mine: int, others: int
) -> None:
    servers = {"r1": others, "r2": mine}
    weights = whole_weights({"r1": 100 - share, "r2": share}, servers)
    assert abs(shares_of(weights)["r2"] - share) <= FINEST_PERCENT
    for release, weight in weights.items():
        each = spread(weight, servers[release])
        assert (sum(each), max(each) <= HEAVIEST) == (weight, True)


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 100), min_size=1))
def test_a_share_above_zero_has_a_weight_and_only_such_a_one(shares: dict[str, float]) -> None:
    weights = whole_weights(shares, dict.fromkeys(shares, 1))
    assert {one for one, weight in weights.items() if weight} == {one for one, share in shares.items() if share}


@pytest.mark.parametrize(("share", "weights"), [(50.0, {"r1": 1, "r2": 1}), (5.0, {"r1": 19, "r2": 1})])
def test_what_can_be_met_exactly_is_met_by_the_smallest_numbers(share: float, weights: dict[str, int]) -> None:
    assert whole_weights({"r1": 100 - share, "r2": share}, {"r1": 1, "r2": 1}) == weights


def test_a_weight_is_spread_evenly() -> None:
    assert spread(7, 3) == [3, 2, 2]


def test_where_nothing_has_a_share_all_weights_are_zero() -> None:
    assert whole_weights({"r1": 0.0}, {"r1": 1}) == {"r1": 0}
