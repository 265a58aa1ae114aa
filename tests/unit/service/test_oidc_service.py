"""What does a service do for who comes with an issuer's token?"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tenure_eventlog.memory import MemoryLog
from tenure_registry.app import definition as registry
from tenure_service import ServiceSettings, SettingsWrong, open_platform, told_in_a_line
from tenure_service.settings import OidcSettings

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk, desk_over
from tests.unit.service.issuer import Issuer, local_issuer

VERSIONS = f"{MODELS}/delays/versions"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with local_issuer() as running:
        yield running


@pytest.fixture
async def open_desk(tmp_path: Path, issuer: Issuer) -> AsyncIterator[Desk]:
    """A desk that its own tokens and the issuer's open; the platform makes the authenticator by its settings."""
    log = MemoryLog()
    async with desk_over(tmp_path, log=log) as desk:
        settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json", oidc=issuer.settings())
        async with open_platform(settings, [registry()], event_log=log) as platform:
            desk.secrets["ada"] = issuer.token()
            yield replace(desk, platform=platform)


async def test_both_kinds_of_tokens_open_and_the_event_says_who(open_desk: Desk, issuer: Issuer) -> None:
    assert (await open_desk.model("fares", by="engineer")).status_code == 201
    assert (await open_desk.model("delays", by="ada")).status_code == 201
    [(meta, _)] = await open_desk.runtime.replica.events("registry/model/delays")
    assert (meta.auth_id[:5], meta.auth_type) == ("oidc:", "user")
    open_desk.secrets["ci"] = issuer.token(sub="ci", client_id="ci")
    assert (await open_desk.ask("POST", VERSIONS, VERSION, by="ci")).status_code == 201
    [_, (meta, _)] = await open_desk.runtime.replica.events("registry/model/delays")
    assert meta.auth_type == "service_account"


async def test_a_token_that_is_not_believed_is_told_why(open_desk: Desk, issuer: Issuer) -> None:
    for by, token in (("late", issuer.token(exp=1)), ("lost", issuer.token(aud="another")), ("odd", "tnr_made-up")):
        open_desk.secrets[by] = token
    late, lost, odd = [await open_desk.ask("GET", MODELS, by=by) for by in ("late", "lost", "odd")]
    assert (late.status_code, late.json()["type"]) == (401, "urn:tenure:problem:token-invalid")
    assert late.json()["detail"] == "this token is not good here: The token is expired"
    assert late.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert lost.json()["detail"] == "this token is not good here: Invalid claim: 'aud'"
    assert (odd.status_code, odd.json()["type"]) == (401, "urn:tenure:problem:unauthenticated")


async def test_who_has_no_role_is_refused_with_the_reason_and_that_is_noted(open_desk: Desk, issuer: Issuer) -> None:
    open_desk.secrets["nobody"] = issuer.token(tenure_roles=["root"])
    refused = await open_desk.model(by="nobody")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenure:problem:role-missing")
    assert refused.json()["detail"] == "this needs one of the roles engineer; this token gives none at all"
    assert (await open_desk.ask("GET", "/log/newest", by="nobody")).status_code == 403
    [entry] = await open_desk.noted(1)
    assert (entry["principal"][:5], entry["rule"]) == ("oidc:", "role-missing")


async def test_families_of_the_token_limit_its_commands(open_desk: Desk, issuer: Issuer) -> None:
    open_desk.secrets["limited"] = issuer.token(tenure_families=["flights"])
    await open_desk.ask("POST", "/registry/v1/families", {"family": "flights"}, by="admin")
    for family, status in (("hotels", 403), ("flights", 201)):
        answer = await open_desk.ask("POST", MODELS, {"model": family, "family": family}, by="limited")
        assert answer.status_code == status


@pytest.mark.parametrize(("kind", "status"), [("risk", 201), ("finance", 403)])
async def test_an_approval_needs_a_kind_in_the_token(open_desk: Desk, issuer: Issuer, kind: str, status: int) -> None:
    open_desk.secrets["officer"] = issuer.token(sub="officer", tenure_roles=["approver"], tenure_kind=kind)
    await open_desk.model(by="ada")
    await open_desk.ask("POST", VERSIONS, VERSION, by="ada")
    approval = {"stage": "production", "decision": "grant", "seen_digest": DIGEST}
    assert (await open_desk.ask("POST", f"{VERSIONS}/v1/approvals", approval, by="officer")).status_code == status


async def test_the_authors_own_approval_is_refused_over_two_of_their_tokens(open_desk: Desk, issuer: Issuer) -> None:
    open_desk.secrets["author"] = issuer.token(tenure_roles=["approver"], tenure_kind="risk")
    await open_desk.model(by="ada")
    await open_desk.ask("POST", VERSIONS, VERSION, by="ada")
    approval = {"stage": "production", "decision": "grant", "seen_digest": DIGEST}
    refused = await open_desk.ask("POST", f"{VERSIONS}/v1/approvals", approval, by="author")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenure:problem:four-eyes-required")


async def test_an_issuer_that_is_away_degrades_the_service_and_its_own_tokens_still_open(
    tmp_path: Path, issuer: Issuer
) -> None:
    issuer.away = True
    log = MemoryLog()
    async with desk_over(tmp_path, log=log) as made:
        settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json", oidc=issuer.settings())
        async with open_platform(settings, [registry()], event_log=log) as platform:
            desk = replace(made, platform=platform)
            desk.secrets["ada"] = issuer.token()
            told = (await desk.ask("GET", "/registry/v1/readyz")).json()
            assert (told["ready"], told["reasons"]) == (True, [])
            [why] = told["degraded"]
            assert why.startswith(f"the keys of {issuer.url} can't be read")
            refused = await desk.ask("GET", MODELS, by="ada")
            assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:issuer-away")
            assert refused.headers["retry-after"] == "1"
            assert (await desk.ask("GET", MODELS, by="engineer")).status_code == 200


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"OIDC_ISSUER": "http://issuer.example"}, "^TENURE_OIDC_ISSUER: '[^']*': the issuer is an https:// address$"),
        ({"OIDC_ISSUER": "issuer.example"}, "^TENURE_OIDC_ISSUER: '[^']*': the issuer is an https:// address$"),
        ({"OIDC_AUDIENCE": ""}, "^set TENURE_OIDC_AUDIENCE to what the issuer's tokens for Tenure have in `aud`$"),
        ({"OIDC_ALGORITHMS": "RS256,HS256"}, "^TENURE_OIDC_ALGORITHMS: Input should be 'RS256'"),
        ({"OIDC_ALGORITHMS": "none"}, "^TENURE_OIDC_ALGORITHMS: Input should be 'RS256'"),
        ({"OIDC_KEYS_GOOD_SECONDS": "1"}, "^TENURE_OIDC_KEYS_GOOD_SECONDS: .* greater than or equal to 60$"),
        ({"CLOCK": "sundial"}, "^TENURE_CLOCK: 'sundial': the clock is `wall` or"),
    ],
)
def test_a_setting_that_can_not_be_is_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], reason: str
) -> None:
    for name, value in ({"OIDC_ISSUER": "https://issuer.example", "OIDC_AUDIENCE": "tenure"} | environment).items():
        monkeypatch.setenv(f"TENURE_{name}", value)
    with pytest.raises(SettingsWrong, match=reason), told_in_a_line():
        ServiceSettings()


def test_the_environment_names_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServiceSettings().oidc.issuer is None
    for name, value in (("ISSUER", "https://issuer.example/"), ("AUDIENCE", "tenure"), ("ALGORITHMS", "ES256, PS256")):
        monkeypatch.setenv(f"TENURE_OIDC_{name}", value)
    expected = OidcSettings(issuer="https://issuer.example/", audience="tenure", algorithms=("ES256", "PS256"))
    assert ServiceSettings().oidc == expected
