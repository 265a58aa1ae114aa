"""What does rollout make of the windows on the log?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import WINDOWS
from tenure_rollout.names import ReleaseId
from tenure_rollout.windows import Series, WindowFollower

NOON = datetime(2013, 3, 1, 12, tzinfo=UTC)
R1, R2 = ReleaseId("r1"), ReleaseId("r2")


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


async def followed(log: MemoryLog, follower: WindowFollower, *messages: Message) -> dict[str, list[tuple[int, float]]]:
    """What is known of each release, the hour and the mean, once the follower has passed the messages."""
    await log.append(messages)
    await follower.wait_for(await log.end_offsets([WINDOWS.name]))
    return known(follower)


def known(follower: WindowFollower) -> dict[str, list[tuple[int, float]]]:
    return {
        series.release: sorted((at.hour - 12, kept.moments.total / kept.moments.n) for at, kept in found.items())
        for series, found in follower.series().items()
    }


async def test_each_window_is_kept_by_itself(log: MemoryLog, follower: WindowFollower) -> None:
    messages = [window(release, hour, 0.25) for release in (R1, R2) for hour in (0, 1)]
    assert await followed(log, follower, *messages) == {r: [(0, 0.25), (1, 0.25)] for r in (R1, R2)}


async def test_a_window_is_replaced_by_its_higher_revision_only(log: MemoryLog, follower: WindowFollower) -> None:
    messages = [window(R2, 0, 0.5, revision=2), window(R2, 0, 1.0, revision=1)]
    assert await followed(log, follower, *messages) == {R2: [(0, 0.5)]}
    assert await followed(log, follower, window(R2, 0, 0.75, revision=3)) == {R2: [(0, 0.75)]}


async def test_who_listens_hears_of_what_is_new_or_revised_alone(log: MemoryLog, follower: WindowFollower) -> None:
    heard = list[tuple[str, int]]()
    follower.subscribe(lambda series, start: heard.append((series.release, start.hour - 12)))
    same = window(R1, 0, 0.25)
    await followed(log, follower, same, same, window(R1, 1, 0.25), window(R1, 0, 0.5, revision=2))
    assert heard == [(R1, 0), (R1, 1), (R1, 0)]


async def test_the_past_ends_where_the_last_closed_window_does(log: MemoryLog, follower: WindowFollower) -> None:
    await followed(log, follower, *(window(R1, hour, 0.25) for hour in (-2, -1, 0)))
    half_past = NOON + timedelta(minutes=30)
    past = follower.past(Series("delays", R1, "brier"), half_past)
    assert (past.n, past.total) == (8, 2.0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"[]",
        b'{"model":"\xff"}',
        window(R2, 0, 1.0, window_start="2013-03-01T12:00:00").value,
        window(R2, 0, 1.0, n=-1).value,
        window(R2, 0, 1.0, window_start="9999-12-31T23:30:00+00:00").value,
        window(R2, 0, 1.0, histogram={"edges": [1.0, 2.0], "at_or_below": [3, 2]}).value,
    ],
)
async def test_what_is_no_window_is_counted_and_passed(
    log: MemoryLog, follower: WindowFollower, value: bytes | None
) -> None:
    bad = Message(WINDOWS.name, b"delays|r2|brier|x", value)
    assert await followed(log, follower, bad, window(R1, 0, 0.25)) == {R1: [(0, 0.25)]}
    assert follower.unreadable == 1


async def test_a_new_start_reads_all_again(log: MemoryLog, follower: WindowFollower) -> None:
    before = await followed(log, follower, window(R1, 0, 0.25), window(R2, 0, 0.5))
    fresh = WindowFollower(log)
    await fresh.start()
    assert known(fresh) == before
    assert fresh.positions == follower.positions
    await fresh.stop()
