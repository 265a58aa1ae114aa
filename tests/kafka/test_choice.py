"""Which Kafka do the tests find? Container engine and brokers are stood in for; the choice is real."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest
from tenure.localkafka import JavaMissing, LocalKafka

from tests.kafka import broker


class Answering(BaseHTTPRequestHandler):
    """What a container engine says to who asks whether it is there."""

    def do_GET(self) -> None:
        body = b'{"ApiVersion": "1.44"}' if self.path.endswith("/version") else b"OK"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A socket in the file system has no address that could be logged."""


class Silent(BaseHTTPRequestHandler):
    """An engine that hangs: it takes the question, and the test is over before it answers."""

    over = threading.Event()

    def do_GET(self) -> None:
        self.over.wait()


@contextmanager
def engine(path: Path, manner: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    server = UnixStreamServer(str(path), manner)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        Silent.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an engine would be; nothing is there."""
    monkeypatch.delenv("TENURE_TEST_KAFKA", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'engine'}")
    monkeypatch.setattr(broker, "container_kafka", lambda: nullcontext("a container's"))
    monkeypatch.setattr(broker, "local_kafka", _out_of_jars)
    return tmp_path / "engine"


def _out_of_jars(made: LocalKafka) -> AbstractContextManager[str]:
    return nullcontext("the jars'")


def chosen(directory: Path) -> str:
    with broker.some_kafka(directory) as bootstrap:
        return bootstrap


def test_a_given_broker_is_taken_whatever_else_is_there(
    socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_TEST_KAFKA", "kafka.example:9092")
    with engine(socket, Answering):
        assert chosen(tmp_path) == "kafka.example:9092"


def test_an_engine_that_answers_is_asked_for_a_container(socket: Path, tmp_path: Path) -> None:
    with engine(socket, Answering):
        assert chosen(tmp_path) == "a container's"


def test_without_an_engine_the_broker_comes_out_of_jars(socket: Path, tmp_path: Path) -> None:
    assert chosen(tmp_path) == "the jars'"


def test_an_engine_that_hangs_is_none(socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "PING_SECONDS", 0.1)
    with engine(socket, Silent):
        assert chosen(tmp_path) == "the jars'"


@pytest.mark.parametrize(
    ("required", "outcome"), [("", pytest.skip.Exception), ("all", pytest.fail.Exception)], ids=["skip", "fail"]
)
def test_where_there_is_no_kafka_at_all_the_skip_is_loud_and_fails_where_all_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    def no_java(self: LocalKafka) -> None:
        raise JavaMissing

    monkeypatch.setenv("TENURE_REQUIRE", required)
    monkeypatch.setattr(LocalKafka, "start", no_java)
    with pytest.raises(outcome, match="needs Java 17"), broker.local_kafka(LocalKafka(tmp_path, broker.CACHE)):
        pass
