"""Where do names and e-mails of people end up? In the values of events that say them, and nowhere else."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tenure.cluster import free_port
from tenure.demo.platforms import ready
from tenure_eventlog import EventLog, Record
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import TokenStore

from tests.unit.service.issuer import AUDIENCE, local_issuer

pytestmark = pytest.mark.postgres

MARK = "lovelace"
MAIL = f"ada.{MARK}@example.com"
DIGEST = "sha256:" + "a" * 64
PERSON = {"sub": MAIL, "email": MAIL, "name": f"Ada {MARK}", "preferred_username": MARK, "given_name": MARK}


class Story:
    """A run with marked people in every place where a person can be named; `said` are the answers that said no."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.said: list[str] = []
        self.told: list[str] = []

    async def ask(self, token: str, method: str, path: str, body: Any = None, status: int = 201, **more: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), **more}
        answer = await self._http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        (self.said if status >= 400 else self.told).append(answer.text + str(answer.headers))

    async def play(self, author: str, officer: str, stranger: str) -> None:
        comment = f"ask Ada {MARK}, {MAIL}"
        one = "/models/fares/versions/v1"
        await self.ask(author, "POST", "/models", {"model": "fares", "description": comment})
        await self.ask(author, "POST", "/models/fares/versions", {"model_version": "v1", "artifact_digest": DIGEST})
        asked = {"stage": "production", "comment": comment}
        await self.ask(author, "POST", f"{one}/approval-requests", asked)
        grant = {"stage": "production", "decision": "grant", "seen_digest": DIGEST, "comment": comment}
        await self.ask(officer, "POST", f"{one}/approvals", grant)
        await self.refused(author, officer, stranger, comment)

    async def refused(self, author: str, officer: str, stranger: str, comment: str) -> None:
        """Every way of being told no, by who is marked or of what is."""
        one = "/models/fares/versions/v1"
        decision = {"stage": "production", "decision": "refuse", "seen_digest": "sha256:" + "b" * 64}
        await self.ask(author, "POST", "/models", {"model": "fares", "description": comment + "!"}, 409)
        await self.ask(officer, "POST", f"{one}/approvals", {**decision, "comment": comment}, 409)
        await self.ask(author, "POST", "/models", {"model": MAIL}, 422)
        await self.ask(author, "PUT", "/models/fares", {"owner": MAIL, "description": comment}, 422)
        await self.ask(author, "POST", "/models", {"model": "other", "who": MAIL}, 422)
        await self.ask(author, "PUT", "/models/fares", {"description": comment}, 412, **{"If-Match": '"99"'})
        await self.ask(stranger, "POST", "/models", {"model": "other", "description": comment}, 403)
        await self.ask(f"{MARK}-{MAIL}", "GET", "/models", status=401)

    async def metrics(self) -> str:
        return (await self._http.get("/metrics")).text


@asynccontextmanager
async def registry(dsn: str, directory: Path, issuer: str) -> AsyncIterator[tuple[Story, list[bytes]]]:
    """In a process of its own; the list gets what it logged, once it has ended."""
    port, logged = free_port(), list[bytes]()
    told = {
        "TENURE_LOG": dsn,
        "TENURE_PORT": str(port),
        "TENURE_TOKENS": str(directory / "tokens.json"),
        "TENURE_OIDC_ISSUER": issuer,
        "TENURE_OIDC_AUDIENCE": AUDIENCE,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tenure", "serve", "registry"),
        env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await ready(f"http://127.0.0.1:{port}", process)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/registry/v1", timeout=60) as http:
            yield Story(http), logged
    finally:
        process.terminate()
        logged.append((await process.communicate())[0])


async def records_of(log: EventLog) -> list[Record]:
    """All that is on any topic."""
    found = list[Record]()
    ends = await log.end_offsets([spec.name for spec in ALL_TOPICS])
    for partition, end in ends.items():
        if end == 0:
            continue
        async with aclosing(log.read({partition: 0})) as batches:
            async for batch in batches:
                found += batch.records
                if batch.next_offset >= end:
                    break
    return found


async def test_names_and_e_mails_are_in_no_key_header_log_error_or_metric(database: str, tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path / "tokens.json")
    officer = tokens.create(f"officer-{MARK}", ("approver",), "risk")
    stranger = tokens.create(f"stranger-{MARK}", ("viewer",), None)
    async with open_log(database) as log, local_issuer() as issuer:
        await log.create_topics(ALL_TOPICS)
        author = issuer.token(tenure_roles=["engineer", "producer"], **PERSON)
        async with registry(database, tmp_path, issuer.url) as (story, logged):
            await story.play(author, officer, stranger)
            metrics = await story.metrics()
        records = await records_of(log)
    in_values = [record for record in records if MARK.encode() in (record.value or b"")]
    assert {record.topic for record in in_values} == {"tenure.registry.events"}, "or nothing was marked"
    outside = [part for one in records for part in (one.topic, one.key, one.headers)]
    shown = [*story.said, metrics, *logged]
    for part in (*outside, *shown):
        assert MARK not in str(part).lower()
