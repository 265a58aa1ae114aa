"""What becomes of a number that JSON may write and nobody's integers hold?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk, desk_over

BEYOND = 10**30


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_over(tmp_path) as opened:
        await opened.model()
        await opened.ask("POST", f"{MODELS}/delays/versions", VERSION)
        yield opened


async def test_in_a_proof_it_is_refused_in_words(desk: Desk) -> None:
    body = b'{"destroyed": "%s", "proof": {"bytes": %d}}' % (DIGEST.encode(), BEYOND)
    answer = await desk.ask("POST", f"{MODELS}/delays/versions/v1/destruction", by="admin", content=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:tenure:problem:malformed-proof")


async def test_as_a_tag_it_is_a_number_all_the_same(desk: Desk) -> None:
    answer = await desk.ask("POST", f"{MODELS}/delays/tags", content=b'{"tags": {"atoms": %d}}' % BEYOND)
    assert answer.status_code == 201
    [tag] = (await desk.ask("GET", f"{MODELS}/delays")).json()["tags"]
    assert (tag["kind"], float(tag["value"])) == ("number", float(BEYOND))
