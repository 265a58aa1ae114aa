"""Does the probe tell how far a clock is off?"""

from datetime import timedelta

import pytest
from tenure_journal import clock_ahead_us

from tests.unit.journal.bench import Bench


@pytest.mark.parametrize(("skew_seconds", "expected_us"), [(0, 0), (7, 6_999_001), (-7, -7_000_000)])
async def test_the_skew_is_measured_to_the_millisecond(bench: Bench, skew_seconds: int, expected_us: int) -> None:
    assert await clock_ahead_us(bench.log, lambda: bench.now + timedelta(seconds=skew_seconds)) == expected_us


async def test_probes_follow_one_another(bench: Bench) -> None:
    measured = [await clock_ahead_us(bench.log, lambda: bench.now + timedelta(seconds=9)) for _ in range(3)]
    assert measured == [8_999_001] * 3
