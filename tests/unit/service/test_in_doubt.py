"""May a client believe a refusal while an earlier try of its command may still land? (ADR 0004)"""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.unit.service.desk import Desk

ONCE = {"Idempotency-Key": "once"}


@pytest.fixture
async def taken(desk: Desk) -> Desk:
    """A desk where the model that the engineer wants to create is another one's already."""
    assert (await desk.model(by="admin", description="mine")).status_code == 201
    return desk


async def asked_again(desk: Desk, unanswered_seconds: str) -> httpx.Response:
    return await desk.model(headers={**ONCE, "Tenure-Unanswered-Seconds": unanswered_seconds})


@pytest.mark.parametrize("unanswered_seconds", ["0", "0.5", "69.999"])
async def test_a_refusal_is_not_given_while_an_earlier_try_is_in_doubt(taken: Desk, unanswered_seconds: str) -> None:
    refused = await asked_again(taken, unanswered_seconds)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:still-in-doubt")
    assert refused.headers["retry-after"] == "1"
    assert "same Idempotency-Key" in refused.json()["detail"]
    assert taken.runtime.replica.accepted == 1


async def test_seventy_seconds_after_the_try_a_refusal_is_final(taken: Desk) -> None:
    refused = await asked_again(taken, "70")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:model-exists")


async def test_without_an_earlier_try_it_is_given_at_once(taken: Desk) -> None:
    assert (await taken.model(headers=ONCE)).status_code == 409


async def test_a_stale_if_match_is_in_doubt_too(taken: Desk) -> None:
    headers = {"Tenure-Unanswered-Seconds": "1", "If-Match": '"9"'}
    refused = await taken.model(by="admin", description="mine", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:still-in-doubt")


async def test_that_it_is_so_already_is_in_doubt_too(taken: Desk) -> None:
    again = await taken.model(by="admin", description="mine", headers={"Tenure-Unanswered-Seconds": "1"})
    assert (again.status_code, again.json()["type"]) == (503, "urn:tenure:problem:still-in-doubt")


async def test_a_try_that_landed_answers_the_next_one_however_soon_that_comes(desk: Desk) -> None:
    first = await desk.model(headers=ONCE)
    assert (await asked_again(desk, "0")).json() == first.json()


async def test_a_command_that_is_allowed_is_carried_out_though_an_earlier_try_is_in_doubt(desk: Desk) -> None:
    done = await asked_again(desk, "1")
    assert (done.status_code, done.json()["sequence"]) == (201, 1)


@pytest.mark.parametrize(("seconds_ago", "status"), [(5, 201), (31, 503)])
async def test_what_was_sent_over_thirty_seconds_ago_is_not_appended_any_more(
    desk: Desk, seconds_ago: int, status: int
) -> None:
    sent_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    answer = await desk.model(headers={"Tenure-Sent-At": sent_at.isoformat()})
    assert answer.status_code == status
    assert desk.runtime.replica.accepted == int(status == 201)
    if status == 503:
        assert answer.json()["type"] == "urn:tenure:problem:not-ready"
        assert "nothing was appended" in answer.json()["detail"]


async def test_when_it_was_sent_is_an_instant(desk: Desk) -> None:
    refused = await desk.model(headers={"Tenure-Sent-At": "just now"})
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:tenure:problem:malformed-instant")
