"""What may a token command that is limited to model families?"""

from pathlib import Path

import pytest

from tests.unit.service.desk import MODELS, VERSION, Desk, desk_over

FORBIDDEN = (403, "urn:tenure:problem:family-forbidden")
VERSIONS = f"{MODELS}/delays/versions"


@pytest.fixture
async def limited(desk: Desk) -> Desk:
    """A desk with three families, and an engineer for `flights` and `fares` only."""
    for family in ("flights", "fares", "hotels"):
        await desk.ask("POST", "/registry/v1/families", {"family": family})
    desk.secrets["limited"] = desk.tokens.create("limited", ["engineer"], families=["flights", "fares"])
    return desk


async def model(desk: Desk, family: str | None, by: str) -> tuple[int, str | None]:
    answer = await desk.ask("POST", MODELS, {"model": "delays", "family": family}, by=by)
    return answer.status_code, answer.json().get("type")


async def test_a_model_of_its_families_is_its_to_create_and_to_extend(limited: Desk) -> None:
    assert await model(limited, "flights", "limited") == (201, None)
    assert (await limited.ask("POST", VERSIONS, VERSION, by="limited")).status_code == 201


@pytest.mark.parametrize("family", ["hotels", None])
async def test_another_familys_model_and_one_without_are_not(limited: Desk, family: str | None) -> None:
    assert await model(limited, family, "limited") == FORBIDDEN
    assert await model(limited, family, "engineer") == (201, None)
    refused = await limited.ask("POST", VERSIONS, VERSION, by="limited")
    assert (refused.status_code, refused.json()["type"]) == FORBIDDEN
    assert refused.json()["families"] == ["fares", "flights"]
    assert limited.runtime.replica.accepted == 4  # the families and one model


async def test_to_claim_another_family_for_a_model_that_there_is_does_not_help(limited: Desk) -> None:
    assert await model(limited, "hotels", "engineer") == (201, None)
    assert await model(limited, "flights", "limited") == FORBIDDEN


async def test_a_model_that_there_is_not_is_of_no_family(limited: Desk) -> None:
    refused = await limited.ask("POST", VERSIONS, VERSION, by="limited")
    assert (refused.status_code, refused.json()["type"]) == FORBIDDEN


async def test_a_limited_token_reads_everything(limited: Desk) -> None:
    await model(limited, "hotels", "engineer")
    assert (await limited.ask("GET", f"{MODELS}/delays", by="limited")).status_code == 200


async def test_a_refusal_for_the_family_is_noted(limited: Desk) -> None:
    await model(limited, "hotels", "limited")
    [entry] = await limited.noted(1)
    assert (entry["principal"], entry["rule"]) == (limited.tokens.named("limited").id, FORBIDDEN[1])


async def test_a_model_that_another_replica_created_a_moment_ago_is_known(limited: Desk, tmp_path: Path) -> None:
    async with desk_over(tmp_path / "other", log=limited.log) as other:
        assert await model(other, "flights", "engineer") == (201, None)
        assert (await limited.ask("POST", VERSIONS, VERSION, by="limited")).status_code == 201
