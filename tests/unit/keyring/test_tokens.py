"""What holds of a sealed value, whoever meddles with it?"""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_keyring import (
    EnvironmentMaster,
    Erased,
    Keyring,
    MasterKeyMissing,
    MemoryKeys,
    Plain,
    SealBroken,
    Sealed,
    SubjectRefused,
)
from tenure_keyring.cache import KEPT_SECONDS, Cache

ADA = Plain("s-5d2c", "serving", "crm/s-5d2c/name", "Ada")


@given(value=st.text(), bound_to=st.text())
async def test_any_text_comes_back_whole(value: str, bound_to: str) -> None:
    ring = Keyring(MemoryKeys())
    [token] = await ring.seal([Plain("s-5d2c", "serving", bound_to, value)])
    assert await ring.open([Sealed(token, bound_to)]) == [value]


@given(place=st.integers(16, 10_000), letter=st.sampled_from("AZaz09_-"))
async def test_an_altered_token_does_not_open(place: int, letter: str) -> None:
    ring = Keyring(MemoryKeys())
    [token] = await ring.seal([ADA])
    at = 16 + place % (len(token) - 17)
    altered = token[:at] + letter + token[at + 1 :]
    if altered != token:
        with pytest.raises(SealBroken):
            await ring.open([Sealed(altered, ADA.bound_to)])


async def test_a_token_that_was_copied_to_another_field_does_not_open() -> None:
    ring = Keyring(MemoryKeys())
    [token] = await ring.seal([ADA])
    with pytest.raises(SealBroken, match="sealed for another place"):
        await ring.open([Sealed(token, "crm/s-91ab/name")])


@pytest.mark.parametrize("token", ["", "tenure.sealed.1.", "tenure.sealed.1.é", "tenure.sealed.1.AAAA", "x.1.A"])
async def test_what_is_no_token_is_refused_in_words(token: str) -> None:
    with pytest.raises(SealBroken, match="is no token"):
        await Keyring(MemoryKeys()).open([Sealed(token, "crm/1/name")])


async def test_a_strangers_token_does_not_keep_the_others_shut() -> None:
    ring = Keyring(MemoryKeys())
    [token] = await ring.seal([ADA])
    broken, whole = await ring.open_each([Sealed("tenure.sealed.1.AAAA", "x"), Sealed(token, ADA.bound_to)])
    assert isinstance(broken, SealBroken)
    assert whole == "Ada"


async def test_another_rings_token_is_not_taken_for_an_erased_one() -> None:
    [token] = await Keyring(MemoryKeys()).seal([ADA])
    with pytest.raises(SealBroken, match="another key ring"):
        await Keyring(MemoryKeys()).open([Sealed(token, ADA.bound_to)])


async def test_a_value_that_is_too_long_is_refused() -> None:
    with pytest.raises(SealBroken, match="16777216 are the most"):
        await Keyring(MemoryKeys()).seal([ADA._replace(value="x" * 16_777_217)])


@pytest.mark.parametrize("subject", ["", "ada@example.org", "x" * 501])
async def test_what_can_not_be_a_random_id_is_refused(subject: str) -> None:
    with pytest.raises(SubjectRefused):
        await Keyring(MemoryKeys()).seal([ADA._replace(subject=subject)])


async def test_an_address_is_not_repeated_in_its_refusal() -> None:
    with pytest.raises(SubjectRefused) as refused:
        await Keyring(MemoryKeys()).mark("ada@example.org")
    assert "ada" not in str(refused.value)


async def test_a_key_that_another_process_destroyed_is_gone_within_seconds() -> None:
    now, keys = [0.0], MemoryKeys()
    here, elsewhere = Keyring(keys, monotonic=lambda: now[0]), Keyring(keys)
    [token] = await here.seal([ADA])
    sealed = [Sealed(token, ADA.bound_to)]
    assert await here.open(sealed) == ["Ada"]
    await elsewhere.destroy(ADA.subject)
    now[0] = KEPT_SECONDS + 0.1
    assert await here.open(sealed) == [Erased(ADA.bound_to)]


async def test_a_key_that_was_destroyed_here_is_gone_at_once() -> None:
    ring = Keyring(MemoryKeys(), monotonic=lambda: 0.0)
    [token] = await ring.seal([ADA])
    await ring.destroy(ADA.subject)
    assert await ring.open([Sealed(token, ADA.bound_to)]) == [Erased(ADA.bound_to)]


def test_a_look_up_that_a_destruction_overtook_is_not_kept() -> None:
    cache: Cache[str, int] = Cache(lambda: 0.0)
    epoch = cache.epoch
    cache.clear()
    cache.put("key", 1, 0.0, epoch)
    assert cache.get("key") is None


def test_the_cache_is_bounded_and_the_longest_unused_goes_first() -> None:
    cache: Cache[int, int] = Cache(lambda: 0.0, most=2)
    for number in (1, 2):
        cache.put(number, number, 0.0, 0)
    cache.get(1)
    cache.put(3, 3, 0.0, 0)
    assert (cache.get(1), cache.get(2), cache.get(3), len(cache)) == (1, None, 3, 2)


def test_the_environments_first_master_wraps_and_the_others_still_unwrap() -> None:
    one, two = (f"{name}:{b64encode(bytes([number]) * 32).decode()}" for number, name in enumerate(("one", "two")))
    wrapped = EnvironmentMaster(one).wrap(b"data key", b"place")
    both = EnvironmentMaster(f"{two},{one}")
    assert both.active == "two"
    assert both.unwrap(wrapped, b"place") == b"data key"
    assert both.unwrap(wrapped, b"other place") is None
    with pytest.raises(MasterKeyMissing, match="wrapped under one"):
        EnvironmentMaster(two).unwrap(wrapped, b"place")


@pytest.mark.parametrize("text", ["one", "one:", "one:AAAA", ":AAAA", "one:?"])
def test_a_malformed_master_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(MasterKeyMissing, match="base64 of 32 bytes"):
        EnvironmentMaster(text)
