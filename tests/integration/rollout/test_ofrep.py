"""What does OpenFeature's own client see of our releases?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TargetingKeyMissingError, TypeMismatchError
from tenure.router import Route, assign

from tests.integration.rollout.listening import listening
from tests.integration.rollout.stage import CANARY, DELAYS, Stage, rollout

FLAG = "delays@production"
BULK = "/rollout/v1/ofrep/v1/evaluate/flags"
SOMEBODY = {"context": {"targetingKey": "UA1"}}


@pytest.fixture
async def made(stage: Stage) -> Stage:
    """A canary of release r2, whose tuple has flags."""
    await stage.serving()
    await stage.in_production("2")
    flags = {"dark": "true", "depth": "3", "rate": "0.5", "theme": "plain"}
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2", "flags": flags})
    header = {"kind": "setHeaderRoute", "header": {"header": "X-Beta", "value": "yes"}}
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", [header, *CANARY]))
    await stage.settled()
    return stage


@pytest.fixture
async def provider(made: Stage) -> AsyncIterator[OFREPProvider]:
    async with listening(made) as origin:
        token = {"Authorization": "Bearer operator"}
        yield OFREPProvider(f"{origin}/rollout/v1", headers_factory=lambda: token)


async def resolved(resolve: Callable[..., Any], flag: str, default: Any, **context: Any) -> Any:
    key = context.pop("key", "UA1")
    return await asyncio.to_thread(resolve, flag, default, EvaluationContext(key, context))


async def test_a_deployment_is_a_flag_whose_value_is_the_release_that_a_router_would_choose(
    made: Stage, provider: OFREPProvider
) -> None:
    route = Route.of(await made.got(f"{DELAYS}/route"))
    for number in range(40):
        found = await resolved(provider.resolve_string_details, FLAG, "none", key=f"UA{number}")
        wanted = assign(route, f"UA{number}").release
        assert (found.value, found.variant, found.reason) == (wanted, wanted, "SPLIT")
        assert found.flag_metadata["epoch"] == route.epoch


async def test_a_header_that_the_route_names_is_an_attribute_of_the_context(provider: OFREPProvider) -> None:
    found = await resolved(provider.resolve_string_details, FLAG, "none", **{"x-beta": "yes"})
    assert (found.value, found.reason, found.flag_metadata["modelVersion"]) == ("r2", "TARGETING_MATCH", "2")


async def test_the_flags_of_the_tuple_have_the_type_that_their_text_reads_as(provider: OFREPProvider) -> None:
    beta = {"x-beta": "yes"}
    assert (await resolved(provider.resolve_boolean_details, f"{FLAG}/dark", False, **beta)).value is True
    assert (await resolved(provider.resolve_integer_details, f"{FLAG}/depth", 0, **beta)).value == 3
    assert (await resolved(provider.resolve_float_details, f"{FLAG}/rate", 0.0, **beta)).value == 0.5
    assert (await resolved(provider.resolve_string_details, f"{FLAG}/theme", "", **beta)).value == "plain"
    with pytest.raises(TypeMismatchError):
        await resolved(provider.resolve_boolean_details, f"{FLAG}/theme", False, **beta)


async def test_a_flag_of_another_release_is_not_there(provider: OFREPProvider) -> None:
    assert (await resolved(provider.resolve_string_details, FLAG, "none")).value == "r1"
    with pytest.raises(FlagNotFoundError, match="there is no flag"):
        await resolved(provider.resolve_boolean_details, f"{FLAG}/dark", False)


async def test_what_is_not_known_is_refused_in_the_protocols_words(provider: OFREPProvider) -> None:
    with pytest.raises(FlagNotFoundError):
        await resolved(provider.resolve_string_details, "boats@production", "none")
    with pytest.raises(TargetingKeyMissingError):
        await resolved(provider.resolve_string_details, FLAG, "none", key="")


@pytest.mark.parametrize(
    ("body", "code"),
    [("{", "PARSE_ERROR"), ("[]", "INVALID_CONTEXT"), ('{"context": 1}', "INVALID_CONTEXT"), ("{}", "INVALID_CONTEXT")],
)
async def test_a_body_that_is_no_context_is_refused(made: Stage, body: str, code: str) -> None:
    answer = await made.ask("POST", BULK, content=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)


async def test_all_flags_at_once_come_with_a_tag_and_only_when_something_changed(made: Stage) -> None:
    first = await made.ask("POST", BULK, SOMEBODY)
    assert FLAG in [flag["key"] for flag in first.json()["flags"]]
    same = {"If-None-Match": first.headers["etag"]}
    assert (await made.ask("POST", BULK, SOMEBODY, headers=same)).status_code == 304
    await made.done(f"{DELAYS}/rollback", {"reason": "it looks wrong"})
    await made.settled()
    after = await made.ask("POST", BULK, SOMEBODY, headers=same)
    assert (after.status_code, [flag["value"] for flag in after.json()["flags"]]) == (200, ["r1"])
    assert after.json()["flags"][0]["reason"] == "STATIC"
