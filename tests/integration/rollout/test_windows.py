"""What does rollout make of the windows on the log?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import WINDOWS
from tenure_rollout.events import Statistics
from tenure_rollout.names import ReleaseId
from tenure_rollout.windows import WindowFollower

NOON = datetime(2013, 3, 1, 12, tzinfo=UTC)
R1, R2 = ReleaseId("r1"), ReleaseId("r2")
NOTHING = Statistics(n=0, mean=0.0, variance=0.0)


@pytest.fixture
async def log() -> MemoryLog:
    log = MemoryLog()
    await log.create_topics([WINDOWS])
    return log


@pytest.fixture
async def follower(log: MemoryLog) -> AsyncIterator[WindowFollower]:
    follower = WindowFollower(log)
    await follower.start()
    yield follower
    await follower.stop()


def window(release: str, hour: int, mean: float, **other: Any) -> Message:
    start = NOON + timedelta(hours=hour)
    value = {"model": "delays", "release": release, "metric": "brier", "window_start": start, "window_seconds": 3_600}
    value |= {"n": 4, "sum": 4 * mean, "sum_of_squares": 4 * mean * mean, "revision": 1} | other
    return Message(WINDOWS.name, f"delays|{release}|brier|{start.isoformat()}".encode(), msgspec.json.encode(value))


async def followed(log: MemoryLog, follower: WindowFollower, *messages: Message) -> tuple[Statistics, Statistics]:
    """Both arms since noon, once the follower has passed the messages."""
    await log.append(messages)
    await follower.wait_for(await log.end_offsets([WINDOWS.name]))
    return follower.paired("delays", R2, R1, "brier", NOON)


async def test_windows_are_added_up(log: MemoryLog, follower: WindowFollower) -> None:
    messages = [window(release, hour, 0.25) for release in (R1, R2) for hour in (0, 1)]
    same = Statistics(n=8, mean=0.25, variance=0.0)
    assert await followed(log, follower, *messages) == (same, same)


async def test_an_hour_in_which_only_one_served_says_nothing(log: MemoryLog, follower: WindowFollower) -> None:
    messages = [window(R1, 0, 0.25), window(R2, 0, 0.5), window(R1, 1, 1.0), window(R2, 2, 0.0)]
    assert await followed(log, follower, *messages) == (
        Statistics(n=4, mean=0.5, variance=0.0),
        Statistics(n=4, mean=0.25, variance=0.0),
    )


async def test_windows_from_before_the_rollout_do_not_count(log: MemoryLog, follower: WindowFollower) -> None:
    assert await followed(log, follower, window(R1, -1, 0.25), window(R2, -1, 0.25)) == (NOTHING, NOTHING)


async def test_a_window_is_replaced_by_its_higher_revision_only(log: MemoryLog, follower: WindowFollower) -> None:
    messages = [window(R1, 0, 0.25), window(R2, 0, 0.5, revision=2), window(R2, 0, 1.0, revision=1)]
    candidate, _ = await followed(log, follower, *messages)
    assert candidate == Statistics(n=4, mean=0.5, variance=0.0)
    candidate, _ = await followed(log, follower, window(R2, 0, 0.75, revision=3))
    assert candidate == Statistics(n=4, mean=0.75, variance=0.0)


@pytest.mark.parametrize(
    "value", [None, b"", b"[]", b'{"model":"\xff"}', window(R2, 0, 1.0, window_start="2013-03-01T12:00:00").value]
)
async def test_what_is_no_window_is_counted_and_passed(
    log: MemoryLog, follower: WindowFollower, value: bytes | None
) -> None:
    bad = Message(WINDOWS.name, b"delays|r2|brier|x", value)
    candidate, _ = await followed(log, follower, bad, window(R1, 0, 0.25), window(R2, 0, 0.5))
    assert (candidate.mean, follower.unreadable) == (0.5, 1)


async def test_a_new_start_reads_all_again(log: MemoryLog, follower: WindowFollower) -> None:
    before = await followed(log, follower, window(R1, 0, 0.25), window(R2, 0, 0.5))
    fresh = WindowFollower(log)
    await fresh.start()
    assert fresh.paired("delays", R2, R1, "brier", NOON) == before
    assert fresh.positions == follower.positions
    await fresh.stop()
