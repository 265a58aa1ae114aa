"""Which changes does a rehearsal look at?"""

from hypothesis import given
from hypothesis import strategies as st
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.retained import retained
from tenure_eventlog.topics import TopicSpec

SPEC = TopicSpec(name="changes", partitions=2, retention_ms=3_600_000)


async def found(log: MemoryLog, since_ms: int, most: int = 1_000) -> list[tuple[int, int]]:
    return [(r.partition, r.append_time_ms) async for r in retained(log, SPEC.name, since_ms, most)]


@given(times=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 50)), max_size=30), since=st.integers(0, 60))
async def test_all_that_was_appended_since_then_and_nothing_before(times: list[tuple[int, int]], since: int) -> None:
    now = 0
    log = MemoryLog(lambda: now)
    await log.create_topics([SPEC])
    for partition, now in sorted(times, key=lambda one: one[1]):  # noqa: B007  # the log's clock reads it
        await log.append([Message(SPEC.name, b"k", b"v", (), partition)])
    assert sorted(await found(log, since)) == sorted(one for one in times if one[1] >= since)


async def test_no_more_than_so_many() -> None:
    log = MemoryLog(lambda: 5)
    await log.create_topics([SPEC])
    await log.append([Message(SPEC.name, b"k", b"v", (), number % 2) for number in range(9)])
    assert len(await found(log, 0, most=4)) == 4
