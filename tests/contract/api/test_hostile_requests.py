"""Does the registry withstand what its own OpenAPI document leads a fuzzer to, and what no document would?"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from tenure.cluster import free_port
from tenure.services import definition_of
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import ServiceSettings, TokenStore, open_platform
from tenure_service.tokens import Role

CONFIG = Path(__file__).parent / "schemathesis.toml"
ROLES: tuple[Role, ...] = ("admin", "producer", "engineer", "approver", "auditor")
MODELS = "/registry/v1/models"
FEW, MANY = 1, 40

HOSTILE = {
    "a lone surrogate": rb'{"model": "m", "description": "\ud800"}',
    "bytes that are not UTF-8": b'{"model": "m", "description": "\xff\xfe"}',
    "a NUL in a name": rb'{"model": "m\u0000"}',
    "an integer of ten thousand digits": b'{"model": "m", "description": ' + b"9" * 10_000 + b"}",
    "a number beyond every float": b'{"model": "m", "description": 1e99999}',
    "not a number": b'{"model": "m", "contexts": [NaN]}',
    "a hundred thousand brackets": b"[" * 100_000,
    "a field twice": b'{"model": "m", "model": "M"}',
    "a list instead of an object": b"[]",
    "nothing": b"",
}
ODD_PATHS = ("/%00", "/%ff", "/%ED%A0%80", "/..%2f..", "/m?as_of=%00", "/m?as_of=9999-12-31T23:59:59.999999%2B00:00",
             "/m?as_of=0001-01-01T00:00:00%2B23:59", '/m?as_of={"x/1":99999999999999999999}', "?cursor=%00",
             "?limit=99999999999999999999", "?cursor=7J-A")  # fmt: skip
COMMAND_HEADERS = ("Idempotency-Key", "If-Match", "Tenure-Time", "Tenure-At-Least", "Tenure-Sent-At")


@dataclass(frozen=True, slots=True)
class Server:
    origin: str
    token: str

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.origin, headers={"Authorization": f"Bearer {self.token}"}, timeout=60)


@asynccontextmanager
async def registry(directory: Path) -> AsyncIterator[Server]:
    """The registry over a log in memory, on a port."""
    log, port = MemoryLog(), free_port()
    await log.create_topics(ALL_TOPICS)
    settings = ServiceSettings(log="memory:", tokens=directory / "tokens.json", requests_per_second=1_000_000)
    tokens = TokenStore(settings.tokens)
    token = tokens.create("fuzzer", ROLES, "risk")
    async with open_platform(settings, [definition_of("registry")], event_log=log, authenticator=tokens) as platform:
        config = uvicorn.Config(platform.app, port=port, lifespan="off", log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0)
        yield Server(f"http://127.0.0.1:{port}", token)
        server.should_exit = True
        await serving


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with registry(tmp_path) as opened:
        yield opened


async def fuzzed(server: Server, directory: Path, examples: int, *more: str) -> tuple[int, str]:
    """How many requests were made without a failure, and what was said. Fails the test where there was one."""
    url = f"{server.origin}/registry/v1"
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "st",
        f"--config-file={CONFIG}",
        *("run", f"{url}/openapi.json", f"--url={url}", f"--header=Authorization: Bearer {server.token}"),
        *(f"--max-examples={examples}", "--no-color", "--warnings=off", *more),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    [generated] = re.findall(r"(\d+) generated", said)
    return int(generated), said


async def test_no_request_that_a_fuzzer_makes_is_answered_otherwise_than_documented(
    server: Server, tmp_path: Path
) -> None:
    requests, said = await fuzzed(server, tmp_path, FEW, "--seed=1")
    assert requests > 1_000, said


@pytest.mark.soak
async def test_five_thousand_requests_of_a_fuzzer_are_answered_as_documented(server: Server, tmp_path: Path) -> None:
    requests, said = await fuzzed(server, tmp_path, MANY)
    assert requests > 5_000, said


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_is_refused_in_words(server: Server, body: bytes) -> None:
    async with server.client() as http:
        for number, path in enumerate((MODELS, f"{MODELS}/m/versions", "/registry/v1/policies", "/registry/v1/voids")):
            headers = {"Content-Type": "application/json", "Idempotency-Key": f"key-{number}"}
            answer = await http.post(path, content=body, headers=headers)
            assert answer.status_code in (400, 422), answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("odd", ODD_PATHS)
async def test_an_odd_address_is_refused_or_answered_but_never_a_fault(server: Server, odd: str) -> None:
    async with server.client() as http:
        made = await http.post(MODELS, json={"model": "m"}, headers={"Idempotency-Key": "m"})
        assert made.status_code == 201
        answer = await http.get(MODELS + odd)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("value", ["\x7f", "\xff", "9" * 400], ids=["delete", "not ASCII", "too long"])
@pytest.mark.parametrize("name", COMMAND_HEADERS)
async def test_a_hostile_header_of_a_command_is_refused(server: Server, name: str, value: str) -> None:
    async with server.client() as http:
        headers = {"Idempotency-Key": "key", name: value.encode("latin-1")}
        answer = await http.post(MODELS, json={"model": "m"}, headers=headers)
        assert answer.status_code == 400, answer.text
