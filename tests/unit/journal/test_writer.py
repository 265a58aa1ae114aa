"""How does a writer answer: receipts, repeats, refusals, and the troubles that are no refusals?"""

from datetime import timedelta

import pytest
from tenure_eventlog import LogUnavailable, OutcomeUnknown
from tenure_journal import (
    CommandIdReused,
    NothingToVoid,
    NotReady,
    RaceLost,
    SequenceMismatch,
    StillInDoubt,
    StreamParked,
    VoidRecord,
)
from tenure_journal import stream as stream_module

from tests.simulation.lockroom import KIND, SPEC, Acquire, Acquired, Break, Held, Note, Released, Room, Seize
from tests.unit.journal.bench import (
    ROOM,
    START,
    Bench,
    Journal,
    Proxy,
    is_lost,
    is_refused,
    lands_twice,
    lands_unacknowledged,
)


async def appended(bench: Bench) -> int:
    return sum((await bench.log.end_offsets([SPEC.name])).values())


async def test_a_command_becomes_one_event_and_its_receipt_says_where(bench: Bench) -> None:
    journal = await bench.open()
    receipt = await journal.do(Note("hello"), 1)
    stream = journal.replica.stream(receipt.stream)
    assert stream
    assert (receipt.sequence, receipt.digest, receipt.offset, receipt.changed) == (1, stream.digest, 0, True)
    assert stream.state == Room(notes=("hello",))


async def test_a_repeat_gets_the_first_receipt_in_every_process(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    receipt = await one.do(Note("hello"), 1)
    assert await one.do(Note("hello"), 1) == receipt
    assert await two.do(Note("hello"), 1) == receipt
    assert await appended(bench) <= 2


async def test_the_same_key_for_another_command_is_refused(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("hello"), 1)
    with pytest.raises(CommandIdReused):
        await journal.do(Note("other"), 1)


async def test_the_same_key_on_another_stream_is_another_command(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("hello"), 1)
    receipt = await journal.do(Note("hello"), 1, stream=f"{KIND}/two")
    assert (receipt.stream, receipt.sequence) == (f"{KIND}/two", 1)


async def test_ids_are_forgotten_after_thirty_days_but_not_the_newest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "KEEP_IDS_AT_LEAST", 2)
    journal = await bench.open()
    for number in (1, 2):
        await journal.do(Note("hello"), number)
    bench.pass_seconds(31 * 86_400)
    await journal.do(Note("hello"), 3)
    assert (await journal.do(Note("hello"), 2)).sequence == 2
    assert (await journal.do(Note("hello"), 1)).sequence == 4


async def test_a_rule_refuses_only_after_reading_what_is_there_by_now(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(Acquire("ada"), 1)
    with pytest.raises(Held):
        await two.do(Acquire("bob"), 2)


async def test_what_is_so_already_is_answered_with_the_head(bench: Bench) -> None:
    journal = await bench.open()
    first = await journal.do(Acquire("ada"), 1)
    again = await journal.do(Acquire("ada"), 2)
    assert (again.digest, again.offset, again.changed) == (first.digest, first.offset, False)


async def test_if_match_ahead_of_the_own_head_is_waited_for(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(Note("a"), 1)
    assert (await two.do(Note("b"), 2, if_match=1)).sequence == 2


async def test_if_match_of_another_sequence_is_refused(bench: Bench) -> None:
    journal = await bench.open()
    with pytest.raises(SequenceMismatch) as refused:
        await journal.do(Note("a"), 1, if_match=3)
    assert (refused.value.expected, refused.value.winner.sequence) == (3, 0)


async def test_a_retry_after_an_unknown_outcome_finds_the_event(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    proxy.appends = [lands_unacknowledged]
    journal = await bench.open(log=proxy)
    with pytest.raises(OutcomeUnknown):
        await journal.do(Note("a"), 1)
    assert (await journal.do(Note("a"), 1)).offset == 0
    assert journal.replica.state(ROOM) == Room(notes=("a",))


async def test_no_refusal_while_an_earlier_try_may_still_land(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    proxy.appends = [is_lost]
    one, two = await bench.open(log=proxy), await bench.open()
    with pytest.raises(OutcomeUnknown):
        await one.do(Acquire("ada"), 1)
    await two.do(Acquire("bob"), 2)
    with pytest.raises(StillInDoubt):
        await one.do(Acquire("ada"), 1)


async def test_another_process_keeps_to_that_when_the_client_says_so(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Acquire("bob"), 2)
    with pytest.raises(StillInDoubt):
        await journal.do(Acquire("ada"), 1, unanswered_seconds=69.9)
    with pytest.raises(Held):
        await journal.do(Acquire("ada"), 1, unanswered_seconds=70.0)


async def test_an_unreachable_log_says_that_nothing_was_appended(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    proxy.appends = [is_refused]
    journal = await bench.open(log=proxy)
    with pytest.raises(LogUnavailable):
        await journal.do(Acquire("ada"), 1)
    await journal.do(Acquire("bob"), 2)
    with pytest.raises(Held):
        await journal.do(Acquire("ada"), 1)


async def test_the_receipt_has_the_accepted_records_offset_not_the_reported_one(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    proxy.appends = [lands_twice]
    journal = await bench.open(log=proxy)
    assert (await journal.do(Note("a"), 1)).offset == 0
    assert journal.replica.orphans[SPEC.name].counts == {"late": 1}


async def test_after_five_lost_races_the_winner_is_named(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    one, two = await bench.open(log=proxy), await bench.open()
    numbers = iter(range(100, 200))

    async def rival_first(log: object, messages: object) -> list[int]:
        await two.do(Note("rival"), next(numbers))
        return await bench.log.append(messages)  # type: ignore[arg-type]

    proxy.appends = [rival_first] * 5
    with pytest.raises(RaceLost) as lost:
        await one.do(Note("a"), 1)
    assert (lost.value.tries, lost.value.winner.sequence) == (5, 5)
    assert (await one.do(Note("a"), 1)).sequence == 6


async def test_a_wrong_clock_is_no_lost_race(bench: Bench) -> None:
    journal = await bench.open(skew_seconds=6)
    with pytest.raises(OutcomeUnknown):
        await journal.do(Note("a"), 1)
    assert journal.replica.orphans[SPEC.name].counts == {"untimely": 1}


@pytest.mark.parametrize("ahead_us", [5_000_001, -5_000_001])
async def test_a_writer_whose_clock_is_off_is_not_ready(bench: Bench, ahead_us: int) -> None:
    journal = await bench.open()
    journal.writer.clock_ahead_us = ahead_us
    with pytest.raises(NotReady):
        await journal.do(Note("a"), 1)


async def test_nothing_is_appended_half_a_minute_after_the_client_sent_the_command(bench: Bench) -> None:
    journal = await bench.open()
    with pytest.raises(NotReady):
        await journal.do(Note("a"), 1, sent_at=START - timedelta(seconds=31))
    assert await appended(bench) == 0


async def test_nothing_is_decided_on_a_stream_that_this_build_cannot_read(bench: Bench) -> None:
    new, old = await bench.open(), await bench.open(Acquired, Released)
    await new.do(Seize("ada"), 1)
    with pytest.raises(StreamParked):
        await old.do(Acquire("bob"), 2)
    assert (await old.do(Acquire("bob"), 3, stream=f"{KIND}/two")).sequence == 1


def void(journal: Journal, sequence: int, digest: str | None = None) -> VoidRecord:
    stream = journal.replica.stream(ROOM)
    assert stream
    return VoidRecord(sequence=sequence, digest=digest or stream.digest, reason="poison", principal="root", now=START)


async def test_a_voided_record_is_skipped_by_every_replica_and_every_rebuild(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(Note("before"), 1)
    await one.do(Break("poison"), 2)
    assert await one.do(void(one, 2), 3)
    await one.do(Note("after"), 4)
    await two.replica.catch_up()
    rebuilt = await bench.open()
    for journal in (one, two, rebuilt):
        assert journal.replica.state(ROOM) == Room(notes=("before", "after"))
        assert await journal.replica.past(ROOM, 3) == Room(notes=("before",))
    assert one.replica.digest() == two.replica.digest() == rebuilt.replica.digest()


async def test_only_a_record_that_is_there_can_be_voided(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Break("poison"), 1)
    for command in (void(journal, 1, "f" * 64), void(journal, 2), void(journal, 0)):
        with pytest.raises(NothingToVoid):
            await journal.do(command, 2)


async def test_voiding_twice_changes_nothing(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Break("poison"), 1)
    command = void(journal, 1)
    first = await journal.do(command, 2)
    again = await journal.do(command, 3)
    assert (again.sequence, again.changed) == (first.sequence, False)


async def test_voiding_an_event_that_could_be_folded_takes_it_back(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Seize("ada"), 1)
    await journal.do(void(journal, 1), 2)
    assert journal.replica.state(ROOM) == Room()
