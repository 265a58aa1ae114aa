"""One MLflow for all of these tests, since it takes its time to start; and a registry that hears its webhooks."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tenure.client import AsyncClient

from tests.integration.mlflow.server import mlflow_server
from tests.unit.registry_inbox.post import Post, post_over


@dataclass(frozen=True, slots=True)
class Mlflow:
    """The server's registry, asked as its own clients do."""

    http: httpx.Client

    @property
    def uri(self) -> str:
        return str(self.http.base_url)

    def post(self, what: str, body: dict[str, Any], method: str = "POST") -> Any:
        answer = self.http.request(method, f"/api/2.0/mlflow/{what}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self, **metrics: float) -> str:
        """A finished run's id."""
        run: str = self.post("runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        for key, value in metrics.items():
            self.post("runs/log-metric", {"run_id": run, "key": key, "value": value, "timestamp": 1})
        return run

    def model(self, name: str, description: str = "", tags: dict[str, str] | None = None) -> None:
        named = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        self.post("registered-models/create", {"name": name, "description": description, "tags": named})

    def version(self, name: str, run: str | None = None, tags: dict[str, str] | None = None) -> str:
        named = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        body = {"name": name, "source": "s3://bucket/model", "run_id": run, "tags": named}
        version: str = self.post("model-versions/create", body)["model_version"]["version"]
        return version

    def alias(self, name: str, alias: str, version: str) -> None:
        self.post("registered-models/alias", {"name": name, "alias": alias, "version": version})


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow"), free_port()) as client:
        yield Mlflow(client)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with post_over(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(post: Post) -> AsyncIterator[AsyncClient]:
    """The engineer's."""
    transport = httpx.ASGITransport(post.desk.platform.app)
    async with AsyncClient("http://tenure", post.desk.secrets["engineer"], transport=transport) as opened:
        yield opened


@pytest.fixture
async def origin(post: Post) -> AsyncIterator[str]:
    """The registry's address, for whom must come over the network."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(post.desk.platform.app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
