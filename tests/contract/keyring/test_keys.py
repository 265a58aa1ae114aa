"""Every place for subjects' keys keeps the same promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tenure_artifacts import LocalKeyRing
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_keyring import ERASED_TOKEN, Erased, Keyring, KeyStore, MemoryKeys, Plain, PostgresKeys, Sealed
from tenure_keyring.port import Holder

SUBJECT, OTHER = "s-5d2c", "s-91ab"


def plain(subject: str = SUBJECT, value: str = '"Ada"', purpose: str = "serving", field: str = "name") -> Plain:
    return Plain(subject, purpose, f"crm/{subject}/{field}", value)


async def opened(ring: Keyring, token: str, at: Plain) -> str | Erased:
    [value] = await ring.open([Sealed(token, at.bound_to)])
    return value


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest) -> EmbeddedPostgres | None:
    """Started before there is a loop, and only where it is needed."""
    return request.getfixturevalue("postgres") if request.param == "postgres" else None


@pytest.fixture
async def keys(server: EmbeddedPostgres | None, tmp_path: Path) -> AsyncIterator[KeyStore]:
    if server is None:
        yield MemoryKeys()
        return
    dsn = await server.create_database(f"keys_{uuid4().hex}")
    async with PostgresKeys.open(dsn, LocalKeyRing.open_or_make(tmp_path / "master.json")) as opened_keys:
        yield opened_keys


async def test_what_is_sealed_opens_at_its_place(keys: KeyStore) -> None:
    ring, one = Keyring(keys), plain()
    [token] = await ring.seal([one])
    assert await opened(ring, token, one) == '"Ada"'


async def test_the_token_tells_neither_value_nor_subject(keys: KeyStore) -> None:
    [token] = await Keyring(keys).seal([plain()])
    assert "Ada" not in token
    assert SUBJECT not in token


async def test_another_process_opens_it(keys: KeyStore) -> None:
    one = plain()
    [token] = await Keyring(keys).seal([one])
    assert await opened(Keyring(keys), token, one) == '"Ada"'


async def test_destroyed_it_reads_as_erased_in_every_purpose_and_others_stay(keys: KeyStore) -> None:
    ring, values = Keyring(keys), [plain(), plain(purpose="training"), plain(OTHER)]
    tokens = await ring.seal(values)
    assert await ring.destroy(SUBJECT) == 2
    found = [await opened(ring, token, one) for token, one in zip(tokens, values, strict=True)]
    assert found == [Erased(values[0].bound_to), Erased(values[1].bound_to), '"Ada"']


async def test_destroying_again_finds_nothing(keys: KeyStore) -> None:
    ring = Keyring(keys)
    await ring.seal([plain()])
    assert [await ring.destroy(SUBJECT) for _ in range(2)] == [1, 0]
    assert await ring.is_destroyed(SUBJECT)
    assert not await ring.is_destroyed(OTHER)


async def test_no_key_is_made_for_an_erased_subject_not_even_for_a_new_purpose(keys: KeyStore) -> None:
    ring = Keyring(keys)
    await ring.destroy(SUBJECT)
    assert await ring.seal([plain(), plain(purpose="other")]) == [ERASED_TOKEN, ERASED_TOKEN]
    assert await opened(ring, ERASED_TOKEN, plain()) == Erased(plain().bound_to)


async def test_readmitted_a_subject_gets_a_new_key_and_the_old_values_stay_erased(keys: KeyStore) -> None:
    ring, one = Keyring(keys), plain()
    [before] = await ring.seal([one])
    await ring.destroy(SUBJECT)
    await ring.readmit(SUBJECT)
    [after] = await ring.seal([one])
    assert [await opened(ring, token, one) for token in (before, after)] == [Erased(one.bound_to), '"Ada"']


async def test_thousands_are_sealed_in_one_call(keys: KeyStore) -> None:
    ring = Keyring(keys)
    many = [plain(f"s-{number % 1_500}", value=str(number)) for number in range(3_000)]
    tokens = await ring.seal(many)
    found = await ring.open([Sealed(token, one.bound_to) for token, one in zip(tokens, many, strict=True)])
    assert found == [str(number) for number in range(3_000)]


async def test_two_that_seal_for_one_subject_at_once_agree_on_the_key(keys: KeyStore) -> None:
    rings = [Keyring(keys) for _ in range(8)]
    tokens = await asyncio.gather(*(ring.seal([plain()]) for ring in rings))
    assert {await opened(rings[0], token, plain()) for [token] in tokens} == {'"Ada"'}
    assert await rings[0].destroy(SUBJECT) == 1


async def test_a_destruction_beside_the_making_of_keys_leaves_none_that_opens(keys: KeyStore) -> None:
    ones = [plain(purpose=f"purpose-{number}") for number in range(8)]
    made = asyncio.gather(*(Keyring(keys).seal([one]) for one in ones))
    _, tokens = await asyncio.gather(Keyring(keys).destroy(SUBJECT), made)
    found = [await opened(Keyring(keys), token, one) for [token], one in zip(tokens, ones, strict=True)]
    assert found == [Erased(one.bound_to) for one in ones]


@pytest.mark.postgres
async def test_after_a_rotation_all_opens_without_the_old_master(database: str, tmp_path: Path) -> None:
    master, one = LocalKeyRing.open_or_make(tmp_path / "master.json"), plain()
    async with PostgresKeys.open(database, master) as keys:
        [token] = await Keyring(keys).seal([one])
        old = master.active
        master.rotate(datetime.now(UTC))
        assert await Keyring(keys).rewrap() == 2  # the key, and what subjects are hashed with
        master.forget(old)
    async with PostgresKeys.open(database, LocalKeyRing.open(tmp_path / "master.json")) as keys:
        ring = Keyring(keys)
        assert await opened(ring, token, one) == '"Ada"'
        assert await ring.destroy(SUBJECT) == 1


@pytest.mark.postgres
async def test_the_database_holds_no_subjects_id_and_no_key_in_the_clear(database: str, tmp_path: Path) -> None:
    async with PostgresKeys.open(database, LocalKeyRing.open_or_make(tmp_path / "master.json")) as keys:
        ring = Keyring(keys)
        await ring.seal([plain()])
        [key] = (await keys.for_sealing([Holder(await ring.mark(SUBJECT), "serving")])).values()
    connection = await asyncpg.connect(database)
    rows = [row for name in ("subject", "subject_key", "pepper") for row in await connection.fetch(f"table {name}")]
    await connection.close()
    assert key is not None
    assert SUBJECT not in str(rows)
    assert not [value for row in rows for value in row if isinstance(value, bytes) and key.secret in value]
