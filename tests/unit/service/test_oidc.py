"""Which signed tokens are believed?"""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey
from tenure_service import Problem, oidc
from tenure_service.oidc import OidcAuthenticator, open_oidc
from tenure_service.settings import Algorithm

from tests.unit.service.issuer import AUDIENCE, HOUR, Issuer, key_named, local_issuer, signed


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with local_issuer() as running:
        yield running


@pytest.fixture
async def door(issuer: Issuer) -> AsyncIterator[OidcAuthenticator]:
    """What judges the issuer's tokens."""
    async with open_oidc(issuer.settings()) as opened:
        yield opened


def refusal(door: OidcAuthenticator, token: str) -> tuple[int, str, str]:
    """The status, type and reason with which this token is refused."""
    with pytest.raises(Problem) as refused:
        door.principal(token)
    return refused.value.status, refused.value.kind, refused.value.detail.partition(": ")[2]


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


async def test_a_good_token_opens_for_a_principal_that_is_nobodys_name(issuer: Issuer, door: OidcAuthenticator) -> None:
    principal = door.principal(issuer.token())
    assert (principal.roles, principal.kind, principal.families) == (frozenset({"engineer"}), None, None)
    assert principal.id.startswith("oidc:")
    assert "ada" not in str(principal)


async def test_who_comes_again_is_the_same_principal_and_nobody_else_is(
    issuer: Issuer, door: OidcAuthenticator
) -> None:
    first, again, other = (door.principal(issuer.token(**c)).id for c in ({}, {"jti": "2"}, {"sub": "bob"}))
    assert first == again
    assert first != other


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_every_algorithm_that_can_be_configured_verifies(issuer: Issuer, algorithm: str) -> None:
    issuer.published = [key_named(algorithm, algorithm)]
    async with open_oidc(issuer.settings(algorithms=algorithm)) as door:
        assert door.principal(issuer.token()).roles == {"engineer"}
        head, body, _ = issuer.token().split(".")
        forged = ".".join((head, body, encoded(bytes(64))))
        assert refusal(door, forged)[:2] == (401, "token-invalid")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://another.example"}, "Invalid claim: 'iss'"),
        ({"iss": None}, "Missing claim: 'iss'"),
        ({"aud": "another"}, "Invalid claim: 'aud'"),
        ({"aud": [AUDIENCE + "/"]}, "Invalid claim: 'aud'"),
        ({"aud": None}, "Missing claim: 'aud'"),
        ({"exp": int(time.time()) - 60}, "The token is expired"),
        ({"exp": None}, "Missing claim: 'exp'"),
        ({"nbf": int(time.time()) + HOUR}, "The token is not yet valid"),
        ({"iat": int(time.time()) + HOUR}, "The token was issued in the future"),
        ({"sub": None}, "Missing claim: 'sub'"),
        ({"sub": ""}, "Invalid claim: 'sub'"),
    ],
)
async def test_a_claim_that_is_not_right_is_named(
    issuer: Issuer, door: OidcAuthenticator, claims: dict[str, Any], reason: str
) -> None:
    assert refusal(door, issuer.token(**claims)) == (401, "token-invalid", reason)


async def test_one_of_several_audiences_is_enough(issuer: Issuer, door: OidcAuthenticator) -> None:
    assert door.principal(issuer.token(aud=["account", AUDIENCE])).roles == {"engineer"}


async def test_clocks_may_differ_a_little(issuer: Issuer, door: OidcAuthenticator) -> None:
    now = int(time.time())
    assert door.principal(issuer.token(exp=now - 5)).roles == {"engineer"}
    assert door.principal(issuer.token(nbf=now + 5)).roles == {"engineer"}


async def test_a_token_that_nobody_signed_is_refused(issuer: Issuer, door: OidcAuthenticator) -> None:
    for name in ("none", "None", "NONE"):
        token = f"{encoded({'alg': name, 'kid': 'first'})}.{encoded(issuer.claims())}."
        assert refusal(door, token)[:2] == (401, "token-invalid")


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
async def test_the_public_key_is_no_shared_secret(issuer: Issuer, door: OidcAuthenticator, form: PublicFormat) -> None:
    """Key confusion: HS256 with the published key's text as the secret."""
    key = issuer.published[0]
    assert isinstance(key, RSAKey)
    content = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(issuer.claims())}"
    mac = hmac.digest(key.public_key.public_bytes(Encoding.PEM, form), content.encode(), "sha256")
    assert refusal(door, f"{content}.{encoded(mac)}") == (401, "token-invalid", "Algorithm of 'HS256' is not allowed")


async def test_a_shared_secret_among_the_published_keys_is_not_used(issuer: Issuer) -> None:
    issuer.answers["/keys"] = json.dumps(
        {"keys": [{"kty": "oct", "kid": "s", "k": encoded(b"s" * 32)}, key_named("first").as_dict(private=False)]}
    ).encode()
    async with open_oidc(issuer.settings()) as door:
        assert door.principal(issuer.token()).roles == {"engineer"}
        content = f"{encoded({'alg': 'HS256', 'kid': 's'})}.{encoded(issuer.claims())}"
        token = f"{content}.{encoded(hmac.digest(b's' * 32, content.encode(), 'sha256'))}"
        assert refusal(door, token)[0] == 401


async def test_an_algorithm_that_is_not_configured_is_refused_though_the_signature_is_good(
    issuer: Issuer, door: OidcAuthenticator
) -> None:
    key = key_named("ps", "PS256")
    issuer.published.append(key)
    assert refusal(door, signed(issuer.claims(), key)) == (401, "token-invalid", "Algorithm of 'PS256' is not allowed")


async def test_a_key_is_used_for_its_own_algorithm_only(issuer: Issuer) -> None:
    """RS256 and PS256 take the same numbers; the key says for which of the two it is."""
    key = key_named("first")
    async with open_oidc(issuer.settings(algorithms="RS256,PS256")) as door:
        other = RSAKey.import_key({**key.as_dict(private=True), "alg": "PS256"})
        assert refusal(door, signed(issuer.claims(), other))[0] == 401


async def test_a_key_need_not_say_for_which_algorithm_it_is(issuer: Issuer) -> None:
    bare = {
        name: value for name, value in key_named("first").as_dict(private=False).items() if name not in ("alg", "use")
    }
    issuer.answers["/keys"] = json.dumps({"keys": [bare]}).encode()
    async with open_oidc(issuer.settings(algorithms="ES256,RS256")) as door:
        assert door.principal(issuer.token()).roles == {"engineer"}


async def test_a_key_for_encryption_verifies_nothing(issuer: Issuer) -> None:
    issuer.answers["/keys"] = json.dumps({"keys": [key_named("first").as_dict(private=False, use="enc")]}).encode()
    async with open_oidc(issuer.settings()) as door:
        assert refusal(door, issuer.token())[:2] == (401, "token-invalid")


async def test_a_token_need_not_name_the_only_key_and_must_name_one_of_several(issuer: Issuer) -> None:
    nameless = jwt.encode({"alg": "RS256"}, issuer.claims(), issuer.published[0])
    async with open_oidc(issuer.settings()) as door:
        assert door.principal(nameless).roles == {"engineer"}
    issuer.published.append(key_named("second"))
    async with open_oidc(issuer.settings()) as door:
        assert refusal(door, nameless) == (401, "token-invalid", "it does not say which key it was signed with")


async def test_a_key_that_the_token_brings_along_is_not_believed(issuer: Issuer, door: OidcAuthenticator) -> None:
    stranger = key_named("stranger")
    token = signed(issuer.claims(), stranger, kid="first", jwk={"kty": "RSA", "e": "AQAB", "n": stranger["n"]})
    assert refusal(door, token)[0] == 401


async def test_a_changed_claim_breaks_the_signature(issuer: Issuer, door: OidcAuthenticator) -> None:
    head, _, signature = issuer.token().split(".")
    forged = f"{head}.{encoded(issuer.claims(tenure_roles=['admin']))}.{signature}"
    assert refusal(door, forged) == (401, "token-invalid", "its signature is not the key's")


async def test_a_token_for_another_use_is_refused(issuer: Issuer, door: OidcAuthenticator) -> None:
    key = issuer.published[0]
    for kind in ("at+jwt", "application/at+jwt", "JWT"):
        assert door.principal(signed(issuer.claims(), key, typ=kind)).roles == {"engineer"}
    refused = refusal(door, signed(issuer.claims(), key, typ="logout+jwt"))
    assert refused == (401, "token-invalid", "it is of type 'logout+jwt', not an access token")


async def test_a_header_that_must_be_understood_and_is_not_is_refused(issuer: Issuer, door: OidcAuthenticator) -> None:
    head = {"alg": "RS256", "kid": "first", "crit": ["exp-policy"], "exp-policy": 1}
    body = encoded(issuer.claims())
    key = issuer.published[0]
    assert isinstance(key, RSAKey)
    assert refusal(door, f"{encoded(head)}.{body}.{encoded(b'x' * 256)}")[2] == "Unsupported ['exp-policy'] in header"


async def test_a_token_that_is_too_large_is_not_looked_at(issuer: Issuer, door: OidcAuthenticator) -> None:
    refused = refusal(door, issuer.token(padding="x" * oidc.TOKEN_BYTES))
    assert refused == (401, "token-invalid", f"it has over {oidc.TOKEN_BYTES} characters")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=9)
HEADERS = JSON | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]), JSON) | st.just("alg")


@given(header=HEADERS, algorithm=st.sampled_from([None, "RS256", "ES256"]), rest=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_whatever_comes_is_refused_and_breaks_nothing(
    issuer: Issuer, door: OidcAuthenticator, header: object, algorithm: str | None, rest: str
) -> None:
    if isinstance(header, dict) and algorithm:
        header = {**header, "alg": algorithm}
    for token in (rest, f"{encoded(header)}.{rest}", f"{encoded(header)}.{encoded(rest)}.{encoded(b'x' * 64)}"):
        assert refusal(door, token)[0] in (401, 503)


def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures are looked at from now on."""
    decode, seen = jwt.decode, list[str]()

    def counting(token: str, *arguments: Any, **more: Any) -> jwt.Token:
        seen.append(token)
        return decode(token, *arguments, **more)

    monkeypatch.setattr(jwt, "decode", counting)
    return seen


async def test_a_signature_is_verified_once_while_the_token_is_remembered(
    issuer: Issuer, door: OidcAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "MOST_REMEMBERED", 1)
    one, other, seen = issuer.token(), issuer.token(sub="bob"), verifications(monkeypatch)
    assert door.principal(one) == door.principal(one)
    assert seen == [one]
    door.principal(other)
    door.principal(one)
    assert seen == [one, other, one]


async def test_a_remembered_token_is_refused_once_it_has_expired(issuer: Issuer) -> None:
    hands = [time.time()]
    async with open_oidc(issuer.settings(keys_good_seconds=3 * HOUR), now=lambda: hands[0]) as door:
        token = issuer.token()
        assert door.principal(token).roles == {"engineer"}
        hands[0] += HOUR + 31
        assert refusal(door, token) == (401, "token-invalid", "The token is expired")
