"""What may a report be, as it comes over HTTP?"""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk, desk_over

REPORT = b'{"accuracy": 0.9}'
LEDGER = f"{MODELS}/delays/versions/v1/evidence"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_over(tmp_path) as opened:
        await opened.model()
        await opened.ask("POST", f"{MODELS}/delays/versions", VERSION)
        yield opened


async def record(desk: Desk, **more: Any) -> httpx.Response:
    body = {
        "evidence": "eval-1",
        "seen_digest": DIGEST,
        "kind": "evaluation",
        "verdict": "passed",
        "tool": "scikit-learn",
        "tool_version": "1.9",
        "report_digest": "sha256:" + sha256(REPORT).hexdigest(),
        "report": b64encode(REPORT).decode(),
    }
    return await desk.ask("POST", LEDGER, body | more)


async def test_a_report_is_given_back_byte_for_byte(desk: Desk) -> None:
    assert (await record(desk)).status_code == 201
    answer = await desk.ask("GET", f"{LEDGER}/eval-1/report")
    assert (answer.content, answer.headers["content-type"]) == (REPORT, "application/json")


async def test_a_report_that_is_not_what_its_digest_says_is_refused(desk: Desk) -> None:
    answer = await record(desk, report=b64encode(b"another").decode())
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:tenure:problem:report-differs")


@pytest.mark.parametrize("report", ["not base64!", "abc", "ü", "\U000f9e3d"])
async def test_a_report_that_is_not_base64_is_refused(desk: Desk, report: str) -> None:
    answer = await record(desk, report=report)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:tenure:problem:malformed-report")


async def test_of_a_report_that_was_kept_elsewhere_its_digest_is_told(desk: Desk) -> None:
    await record(desk, report=None)
    answer = await desk.ask("GET", f"{LEDGER}/eval-1/report")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenure:problem:report-elsewhere")
