"""How much may a request hold?"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tenure_registry.app import definition as registry
from tenure_service import limits

from tests.unit.service.desk import MODELS, Desk, desk_over

TOO_LARGE = b" " * (limits.BODY_BYTES + 1)


async def in_pieces(whole: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(whole), 65_536):
        yield whole[start : start + 65_536]


async def test_a_body_that_says_it_is_too_large_is_not_read(desk: Desk) -> None:
    refused = await desk.ask("POST", MODELS, content=TOO_LARGE)
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:tenure:problem:body-too-large")


async def test_a_body_that_does_not_say_its_size_is_cut_off(desk: Desk) -> None:
    refused = await desk.ask("POST", MODELS, content=in_pieces(TOO_LARGE))
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:tenure:problem:body-too-large")


async def test_only_the_paths_that_are_declared_take_large_bodies(tmp_path: Path) -> None:
    async with desk_over(tmp_path, replace(registry(), large_bodies=("/models",))) as desk:
        padded = b'{"model":"delays"}' + TOO_LARGE
        assert (await desk.ask("POST", MODELS, content=padded)).status_code == 201
        assert (await desk.ask("POST", f"{MODELS}/delays/versions", content=padded)).status_code == 413


async def test_headers_have_a_limit(desk: Desk) -> None:
    refused = await desk.ask("GET", MODELS, headers={"Tenure-At-Least": " " * limits.HEADER_BYTES})
    assert (refused.status_code, refused.json()["type"]) == (431, "urn:tenure:problem:headers-too-large")


async def test_more_requests_in_flight_than_can_be_held_are_sent_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await desk.ask("GET", MODELS)).status_code == 200
    monkeypatch.setattr(limits, "MOST_IN_FLIGHT", 0)
    refused = await desk.ask("GET", MODELS)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:busy")
    assert refused.headers["retry-after"] == "1"
