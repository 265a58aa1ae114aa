"""When has a host passed offsets, and what does it say is wrong?"""

import asyncio

from tenure_eventlog.port import Partition
from tenure_ingest import DataLost, LogTruncated, QuarantineFull
from tenure_ingest.progress import Progress
from tenure_ingest.sink import Span

FIRST, SECOND = Partition("mail", 0), Partition("mail", 1)


async def nothing() -> None:
    """Nobody else moves the offsets."""


def test_offsets_are_passed_when_every_partition_is_there_or_past() -> None:
    progress = Progress()
    progress.committed({FIRST: Span(0, 3)})
    assert [progress.has_passed(offsets) for offsets in ({}, {FIRST: 3}, {FIRST: 4}, {FIRST: 1, SECOND: 0})] == [
        True,
        True,
        False,
        False,
    ]


async def test_who_waits_is_woken_by_a_commit_that_reaches_the_offsets() -> None:
    progress = Progress()
    waiting = asyncio.create_task(progress.passed({FIRST: 3}, nothing))
    progress.committed({FIRST: Span(0, 2)})
    await asyncio.sleep(0)
    assert not waiting.done()
    progress.committed({FIRST: Span(2, 3)})
    await waiting


async def test_what_another_worker_committed_counts_once_it_was_looked_up() -> None:
    progress = Progress()

    async def look_up() -> None:
        progress.learned({FIRST: 3})

    await progress.passed({FIRST: 3}, look_up)


def test_health_says_in_sentences_what_is_wrong_until_a_commit_ends_the_trouble() -> None:
    progress = Progress()
    progress.missing = ("parcels",)
    progress.trouble = "the log is away"
    for stop in (DataLost(SECOND, 3, 5), LogTruncated(FIRST, 3, 1)):
        progress.stop(stop)
    lasting = (
        "there is no topic parcels",
        "mail/0: offset 3 is next, but the log ends at 1: it was cut or made anew.",
        "mail/1: offset 3 is next, but the log starts at 5: records are gone unread.",
    )
    assert progress.health() == (*lasting, "the log is away")
    progress.committed({SECOND: Span(0, 1)})
    assert progress.health() == lasting


def test_a_full_quarantine_says_what_to_do() -> None:
    assert str(QuarantineFull(FIRST, 7)) == (
        "mail/0: 7 records are in quarantine, and the next can't be read either; "
        "`tenure quarantine list` shows them: replay or discard some, and it goes on."
    )


def test_a_partition_goes_on_when_its_quarantine_has_room_again_and_one_that_lost_data_does_not() -> None:
    progress = Progress()
    progress.stop(QuarantineFull(FIRST, 7))
    progress.stop(DataLost(SECOND, 3, 5))
    assert (progress.resume({FIRST: 7}), progress.resume({FIRST: 6}), set(progress.stopped)) == ([], [FIRST], {SECOND})
