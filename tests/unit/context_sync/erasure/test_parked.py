"""How are records kept that nobody could read?"""

from datetime import UTC, datetime, timedelta

from tenure_context_sync.erasure.parked import RETENTION_DAYS, forget_days, opened_records, sealed_records
from tenure_eventlog import Record
from tenure_ingest import Quarantined
from tenure_keyring import Keyring, MemoryKeys

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
POISON = b'{"name": "Ada \xff'


def record(value: bytes | None = POISON, offset: int = 1) -> Record:
    return Record("crm.customers", 0, offset, int(NOON.timestamp() * 1_000), b"7", value, (("trace", b"x"),))


async def kept(ring: Keyring, *records: Record) -> list[Record]:
    return [one.record for one in await sealed_records(ring, [Quarantined("poison", one) for one in records])]


async def test_a_parked_record_tells_nothing_and_comes_back_to_the_letter() -> None:
    ring = Keyring(MemoryKeys())
    [parked] = await kept(ring, record())
    assert b"Ada" not in (parked.value or b"")
    assert (parked.key, parked.headers, parked.offset) == (b"7", (("trace", b"x"),), 1)
    assert await opened_records(ring, [parked]) == [record()]


async def test_what_is_parked_again_is_not_sealed_twice() -> None:
    ring = Keyring(MemoryKeys())
    parked = await kept(ring, record())
    assert await kept(ring, *parked) == parked


async def test_a_record_without_a_value_stays_as_it_is() -> None:
    ring = Keyring(MemoryKeys())
    assert await opened_records(ring, await kept(ring, record(None), record(b"", 2))) == [record(None), record(b"", 2)]


async def test_records_from_before_there_were_seals_are_read_too() -> None:
    assert await opened_records(Keyring(MemoryKeys()), [record()]) == [record()]


async def test_past_its_retention_a_days_records_can_not_be_read() -> None:
    ring = Keyring(MemoryKeys())
    parked = await kept(ring, record())
    assert await forget_days(ring, ["crm.customers"], NOON + timedelta(days=RETENTION_DAYS)) == 0
    assert await opened_records(ring, parked) == [record()]
    assert await forget_days(ring, ["crm.customers"], NOON + timedelta(days=RETENTION_DAYS + 1)) == 1
    assert await opened_records(ring, parked) == [None]


async def test_a_day_that_was_not_looked_at_is_forgotten_later() -> None:
    ring = Keyring(MemoryKeys())
    await kept(ring, record())
    assert await forget_days(ring, ["crm.customers"], NOON + timedelta(days=RETENTION_DAYS + 5)) == 1
