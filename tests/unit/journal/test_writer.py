"""How does one writer answer: receipts, repeats, refusals, and the troubles that are no refusals?"""

import pytest
from tenure_journal import CommandIdReused

from tests.simulation.lockroom import Acquire, Held, Note
from tests.unit.journal.bench import Bench


async def test_a_command_becomes_one_event_and_its_receipt_says_where(bench: Bench) -> None:
    journal = await bench.open()
    receipt = await journal.do(Note("hello"), 1)
    stream = journal.replica.stream(receipt.stream)
    assert (receipt.sequence, receipt.digest, receipt.offset, receipt.changed) == (1, stream.digest, 0, True)
    assert stream.state.notes == ("hello",)


async def test_a_repeat_gets_the_first_receipt_in_every_process(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    receipt = await one.do(Note("hello"), 1)
    assert await one.do(Note("hello"), 1) == receipt
    assert await two.do(Note("hello"), 1) == receipt


async def test_the_same_key_for_another_command_is_refused(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("hello"), 1)
    with pytest.raises(CommandIdReused):
        await journal.do(Note("other"), 1)


async def test_a_rule_refuses(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Acquire("ada"), 1)
    with pytest.raises(Held):
        await journal.do(Acquire("bob"), 2)
