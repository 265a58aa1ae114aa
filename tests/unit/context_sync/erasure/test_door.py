"""What of a row is sealed before it is written anywhere?"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.erasure.door import Door, KeyringMissing, seal_rows
from tenure_context_sync.erasure.opening import BROKEN, ERASED, SEALED, opened
from tenure_context_sync.view.reading import Found
from tenure_eventlog import Record
from tenure_ingest import Quarantined
from tenure_keyring import ERASED_TOKEN, Keyring, MemoryKeys, is_token

from tests.unit.context_sync.erasure.people import CRM, NOON, change_of, key_of, row_of

KEY = key_of("s-5d2c")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner), max_leaves=5
)


def door(ring: Keyring | None) -> Door:
    return Door(ring, {"crm": CRM})


async def stored(ring: Keyring, row: dict[str, object]) -> dict[str, Any]:
    """What the store would hold of the row."""
    [sealed] = await door(ring).sealed([("crm", change_of(row))])
    fields: dict[str, Any] = msgspec.json.decode(sealed.fields)
    return fields


async def read(ring: Keyring | None, fields: dict[str, Any]) -> Found:
    return (await opened(ring, "crm", CRM.fields, {KEY: Found(NOON, fields)}))[KEY]


async def test_personal_fields_are_sealed_and_the_others_stay() -> None:
    fields = await stored(Keyring(MemoryKeys()), row_of())
    assert [name for name, value in fields.items() if is_token(value)] == ["born", "name"]
    assert (fields["customer"], fields["tier"]) == ("s-5d2c", "gold")


async def test_what_nobody_declared_is_sealed_too_where_anything_is_personal() -> None:
    """A column that upstream renamed is nobody's to read before somebody looked at it."""
    fields = await stored(Keyring(MemoryKeys()), row_of(full_name="Ada Lovelace"))
    assert is_token(fields["full_name"])


@given(value=JSON)
async def test_who_may_reads_any_value_as_it_was(value: object) -> None:
    ring = Keyring(MemoryKeys())
    row = row_of(name=value)
    assert await read(ring, await stored(ring, row)) == Found(NOON, row)


async def test_who_may_not_reads_that_it_is_sealed() -> None:
    ring = Keyring(MemoryKeys())
    row = await read(None, await stored(ring, row_of()))
    assert row == Found(NOON, row_of(name=SEALED, born=SEALED))


async def test_after_the_erasure_everyone_reads_that_it_is_erased() -> None:
    ring = Keyring(MemoryKeys())
    fields = await stored(ring, row_of())
    await ring.destroy("s-5d2c")
    assert await read(ring, fields) == Found(NOON, row_of(name=ERASED, born=ERASED), erased=True)


async def test_what_comes_of_an_erased_subject_is_dropped_at_the_door() -> None:
    ring = Keyring(MemoryKeys())
    await ring.destroy("s-5d2c")
    fields = await stored(ring, row_of(name="Ada again"))
    assert (fields["name"], fields["born"], fields["tier"]) == (ERASED_TOKEN, ERASED_TOKEN, "gold")


async def test_what_was_blanked_reads_as_erased_even_to_who_may_not_open() -> None:
    row = await read(None, row_of(name=ERASED_TOKEN))
    assert row == Found(NOON, row_of(name=ERASED), erased=True)


async def test_a_row_that_our_own_writers_sealed_goes_through_as_it_is() -> None:
    ring = Keyring(MemoryKeys())
    [text] = await seal_rows(ring, CRM, [(KEY, msgspec.json.encode(row_of()).decode())])
    sealed_before: dict[str, object] = msgspec.json.decode(text)
    fields = await stored(ring, sealed_before)
    assert fields == sealed_before
    assert await read(ring, fields) == Found(NOON, row_of())


async def test_a_strangers_token_reads_as_broken_and_the_rest_is_read() -> None:
    ring = Keyring(MemoryKeys())
    fields = await stored(ring, row_of(name=f"tenure.sealed.1.{'A' * 80}"))
    assert await read(ring, fields) == Found(NOON, row_of(name=BROKEN))


async def test_a_value_that_was_copied_from_another_row_reads_as_broken() -> None:
    ring = Keyring(MemoryKeys())
    theirs = await stored(ring, row_of("s-91ab", name="Grace"))
    mine = await stored(ring, row_of())
    assert await read(ring, {**mine, "name": theirs["name"]}) == Found(NOON, row_of(name=BROKEN))


async def test_a_value_that_is_not_there_is_not_sealed() -> None:
    fields = await stored(Keyring(MemoryKeys()), {"customer": "s-5d2c", "name": None})
    assert fields == {"customer": "s-5d2c", "name": None}


@pytest.mark.parametrize("customer", [None, "", "ada@example.org", True, 1.5, ["s-5d2c"]])
async def test_personal_data_that_is_nobodys_does_not_come_in(customer: object) -> None:
    ring = Keyring(MemoryKeys())
    change = change_of(row_of(customer))
    assert door(ring).refuses("crm", change) == "no-subject"
    with pytest.raises(ValueError, match="no id in customer"):
        await seal_rows(ring, CRM, [(change.key, change.fields)])


@pytest.mark.parametrize("customer", ["s-5d2c", 7])
def test_a_text_or_a_whole_number_can_be_a_subjects_id(customer: object) -> None:
    assert door(None).refuses("crm", change_of(row_of(customer))) is None


def test_what_is_not_personal_may_be_nobodys() -> None:
    assert door(None).refuses("weather", change_of(row_of(None))) is None
    assert door(None).refuses("crm", change_of({"customer": None, "tier": "gold"})) is None
    assert door(None).refuses("crm", change_of(row_of(None), "delete")) is None


async def test_other_sources_and_deletes_pass_untouched_even_without_a_key_ring() -> None:
    changes = [change_of(row_of()), change_of(row_of(), "delete")]
    assert await door(None).sealed(list(zip(("weather", "crm"), changes, strict=True))) == changes


async def test_without_a_key_ring_nothing_personal_is_let_in() -> None:
    with pytest.raises(KeyringMissing, match="TENURE_SUBJECT_KEYS"):
        await door(None).sealed([("crm", change_of(row_of()))])


async def test_without_a_key_ring_nothing_is_parked_that_may_be_personal() -> None:
    bad = [Quarantined("not-json", Record("crm.customers", 0, 7, 0, b"k", b"Ada", ()))]
    with pytest.raises(KeyringMissing):
        await door(None).parked(bad)
    assert await Door(None, {}).parked(bad) == bad


async def test_a_batch_of_many_subjects_is_sealed_each_under_its_own_key() -> None:
    ring = Keyring(MemoryKeys())
    rows = [("crm", change_of(row_of(f"s-{number}", name=number))) for number in range(1_200)]
    sealed = await door(ring).sealed(rows)
    await ring.destroy("s-7")
    asked = {change.key: Found(NOON, msgspec.json.decode(change.fields)) for change in sealed}
    found = [row.fields and row.fields["name"] for row in (await opened(ring, "crm", CRM.fields, asked)).values()]
    assert found == [ERASED if number == 7 else number for number in range(1_200)]
