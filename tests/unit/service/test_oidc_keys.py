"""Keys rotate, are withdrawn, and their issuer goes away: what becomes of its tokens?"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from tenure_service import Principal, Problem, oidc_keys
from tenure_service.oidc import OidcAuthenticator, open_oidc
from tenure_service.oidc_keys import DISCOVERY, IssuerKeys

from tests.unit.service.issuer import HOUR, Issuer, key_named, local_issuer, signed

AT_ONCE = 0.001


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with local_issuer() as running:
        yield running


async def judged(door: OidcAuthenticator, token: str) -> Principal:
    """Asks again while the answer is 503, as clients do. Raises Problem 401."""
    async with asyncio.timeout(60):
        while True:
            try:
                return door.principal(token)
            except Problem as problem:
                if problem.status != 503:
                    raise
            await asyncio.sleep(0)


async def status_of(door: OidcAuthenticator, token: str) -> int:
    try:
        await judged(door, token)
    except Problem as problem:
        return problem.status
    return 200


async def test_a_token_of_a_new_key_is_good_without_a_restart(issuer: Issuer) -> None:
    async with open_oidc(issuer.settings(), AT_ONCE) as door:
        before = door.principal(issuer.token())
        issuer.published.insert(0, key_named("second"))
        with pytest.raises(Problem) as waits:
            door.principal(issuer.token())
        assert (waits.value.status, waits.value.kind) == (503, "key-not-read")
        assert await judged(door, issuer.token()) == before


async def test_a_key_that_the_issuer_does_not_have_is_a_refusal_once_it_was_asked(issuer: Issuer) -> None:
    async with open_oidc(issuer.settings(), AT_ONCE) as door:
        with pytest.raises(Problem) as refused:
            await judged(door, signed(issuer.claims(), key_named("stranger")))
        assert (refused.value.status, refused.value.detail) == (401, f"{issuer.url} has no key 'stranger'")


async def test_a_key_that_was_refused_too_early_is_good_when_it_is_published(issuer: Issuer) -> None:
    """Published keys may lag behind signatures; a refusal must not stick until the next interval."""
    token = signed(issuer.claims(), key_named("second"))
    async with open_oidc(issuer.settings(), AT_ONCE) as door:
        assert await status_of(door, token) == 401
        issuer.published.append(key_named("second"))
        async with asyncio.timeout(60):
            while await status_of(door, token) != 200:
                await asyncio.sleep(0)


async def test_tokens_with_made_up_keys_do_not_make_the_issuer_work(issuer: Issuer) -> None:
    """However many come, the keys are not asked for again before the rest is over."""
    async with open_oidc(issuer.settings(), rest_seconds=HOUR) as door:
        asked = list(issuer.asked)
        for n in range(100):
            with pytest.raises(Problem):
                door.principal(signed(issuer.claims(), key_named("stranger"), kid=f"made-up-{n}"))
            await asyncio.sleep(0)
        assert issuer.asked == asked == [DISCOVERY, "/keys"]


async def test_what_a_withdrawn_key_signed_is_refused_though_it_was_let_in_before(issuer: Issuer) -> None:
    async with open_oidc(issuer.settings(), AT_ONCE) as door:
        old = issuer.token()
        assert await status_of(door, old) == 200
        issuer.published = [key_named("second")]
        assert await status_of(door, issuer.token()) == 200
        assert await status_of(door, old) == 401


async def test_while_the_issuer_is_away_its_last_keys_stay_good_for_their_time_and_no_longer(issuer: Issuer) -> None:
    hands = [time.time()]
    async with open_oidc(issuer.settings(keys_good_seconds=HOUR), AT_ONCE, lambda: hands[0]) as door:
        token = issuer.token(exp=int(time.time()) + 9 * HOUR)
        assert door.principal(token).roles == {"engineer"}
        assert door.trouble() is None
        issuer.away = True
        with pytest.raises(Problem):
            door.principal(signed(issuer.claims(), key_named("stranger")))
        async with asyncio.timeout(60):
            while door.trouble() is None:
                await asyncio.sleep(0)
        assert f"the keys of {issuer.url} can't be read: RemoteProtocolError" in str(door.trouble())
        assert "; the last ones are good until 20" in str(door.trouble())
        hands[0] += HOUR - 1
        assert door.principal(token).roles == {"engineer"}
        hands[0] += 2
        with pytest.raises(Problem) as refused:
            door.principal(token)
        assert (refused.value.status, refused.value.kind) == (503, "issuer-away")
        assert str(door.trouble()).endswith("; none of its tokens can be judged")
        issuer.away = False
        assert (await judged(door, token)).roles == {"engineer"}
        assert door.trouble() is None


async def test_keys_that_nobody_reads_again_are_told_of_too(issuer: Issuer) -> None:
    """Whatever stopped the reading: nothing is believed past its time, and `/readyz` says so."""
    hands = [time.time()]
    async with open_oidc(issuer.settings(keys_good_seconds=HOUR), HOUR, lambda: hands[0]) as door:
        hands[0] += HOUR
        with pytest.raises(Problem, match="its keys were not read again in time"):
            door.principal(issuer.token())
        assert "were not read again in time; none of its tokens can be judged" in str(door.trouble())


async def test_an_issuer_that_is_away_at_the_start_keeps_nobody_from_starting(issuer: Issuer) -> None:
    issuer.away = True
    async with open_oidc(issuer.settings(), AT_ONCE) as door:
        with pytest.raises(Problem) as refused:
            door.principal(issuer.token())
        assert refused.value.status == 503
        assert str(door.trouble()).endswith("; none of its tokens can be judged")
        issuer.away = False
        assert (await judged(door, issuer.token())).roles == {"engineer"}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"calls_itself": "https://another.example"}, "it says that it is 'https://another.example'"),
        ({"keys_at": "http://another.example/keys"}, "its keys are not behind TLS"),
        ({"published": []}, "it publishes no key"),
        ({"answers": {"/keys": b"x" * (oidc_keys.MOST_BYTES + 1)}}, "answers with over"),
        ({"answers": {"/keys": b"<html>"}}, "DecodeError"),
        ({"answers": {DISCOVERY: b"{}"}}, "ValidationError"),
        ({"keys_at": "https://"}, "its keys are not behind TLS"),
        ({"keys_at": "https://[::1"}, "its keys are not behind TLS"),
    ],
)
async def test_an_issuer_that_can_not_be_believed_is_told_of(
    issuer: Issuer, wrong: dict[str, Any], reason: str
) -> None:
    for name, value in wrong.items():
        setattr(issuer, name, value)
    async with open_oidc(issuer.settings()) as door:
        assert reason in str(door.trouble())


@pytest.mark.filterwarnings("ignore:Key size should be >= 2048")
async def test_a_key_that_is_not_understood_does_not_spoil_the_others(issuer: Issuer) -> None:
    good = key_named("first").as_dict(private=False)
    weak = RSAKey.generate_key(1_024, {"kid": "weak"}).as_dict(private=False)
    odd = [
        {"kty": "AKP", "kid": "pq"},
        {"kty": "RSA", "n": 1},
        {"kid": "none"},
        {"kty": []},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    ]
    issuer.answers["/keys"] = json.dumps({"keys": [*odd, weak, good]}).encode()
    async with open_oidc(issuer.settings(), rest_seconds=HOUR) as door:
        assert door.principal(issuer.token()).roles == {"engineer"}
        with pytest.raises(Problem, match="are being read"):
            door.principal(signed(issuer.claims(), key_named("stranger"), kid="weak"))


async def test_keys_that_are_read_again_and_stay_the_same_are_the_same_object(issuer: Issuer) -> None:
    """What was verified by them stays verified."""
    async with httpx.AsyncClient() as http:
        keys = IssuerKeys(issuer.settings(), http, rest_seconds=HOUR)
        await keys.refresh()
        held = keys.current()
        await keys.refresh()
        assert keys.current() is held
        assert issuer.asked == [DISCOVERY, "/keys"] * 2


async def test_made_up_keys_that_wait_to_be_asked_for_are_bounded(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_keys, "MOST_WANTED", 2)
    async with httpx.AsyncClient() as http:
        keys = IssuerKeys(issuer.settings(), http, rest_seconds=HOUR)
        names = ("one", "two", "three")
        assert [keys.missing(name).status for name in names] == [503, 503, 503]
        await keys.refresh()
        assert [keys.missing(name).status for name in names] == [401, 401, 503]
