"""A Kafka broker on this machine, out of Maven's jars: for tests, the cluster demo and the bench."""

import asyncio
import base64
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

VERSION = "4.1.0"
START_SECONDS = 60
FAST_START = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j2.level=WARN")
POM = f"""<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.tenure</groupId><artifactId>local-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


class JavaMissing(Exception):
    """A local Kafka needs Java 17 and Maven: install them (Debian: `apt-get install openjdk-17-jre-headless maven`)."""

    def __str__(self) -> str:
        return str(type(self).__doc__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """How a broker takes connections: `protocols` by listener name, of which the first is the one for `bootstrap`;
    `scram_users` with their passwords, known from the broker's first start on."""

    protocols: Mapping[str, str]
    controller_protocol: str = "PLAINTEXT"
    properties: Mapping[str, str] = field(default_factory=dict)
    scram_users: Mapping[str, str] = field(default_factory=dict)


OPEN = Listening(protocols={"PLAINTEXT": "PLAINTEXT"})


class LocalKafka:
    """A single KRaft broker on 127.0.0.1. `start` returns when it answers."""

    def __init__(self, directory: Path, cache: Path, listening: Listening = OPEN) -> None:
        self._directory, self._cache, self._listening = directory.absolute(), cache.absolute(), listening
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict.fromkeys(listening.protocols, 0)

    @property
    def port(self) -> int:
        return next(iter(self._ports.values()))

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def bootstrap_of(self, listener: str) -> str:
        """The address of one of several listeners."""
        return f"127.0.0.1:{self._ports[listener]}"

    @property
    def pid(self) -> int:
        """The broker's process. Raises RuntimeError when it is not running."""
        if self._process is None:
            raise RuntimeError("the broker is not running")
        return self._process.pid

    @property
    def address(self) -> str:
        """For TENURE_LOG."""
        return f"kafka://{self.bootstrap}"

    async def start(self, port: int | None = None) -> str:
        """The bootstrap address. Keeps its data in the directory and can be started again on it.

        Raises: JavaMissing; RuntimeError with the broker's last words.
        """
        await asyncio.to_thread(self._prepare, port)
        await self._answering()
        return self.bootstrap

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends the broker; SIGKILL to see what a crash does."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            await asyncio.to_thread(self._process.wait, 30)
        self._process = None

    def _prepare(self, port: int | None) -> None:
        if not (shutil.which("java") and shutil.which("mvn")):
            raise JavaMissing
        jars = _jars(self._cache)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._ports = {name: known or _free_port() for name, known in self._ports.items()}
        if port:
            self._ports[next(iter(self._ports))] = port
        properties = self._directory / "server.properties"
        properties.write_text(self._properties(_free_port()))
        self._format(jars, properties)
        archive = self._cache / f"kafka-{VERSION}.jsa"
        with (self._directory / "kafka.log").open("ab") as out:
            self._process = subprocess.Popen(
                [
                    "java",
                    *FAST_START,
                    "-XX:+AutoCreateSharedArchive" if _java_major() >= 19 else "-Xshare:auto",
                    *([f"-XX:SharedArchiveFile={archive}"] if archive.exists() or _java_major() >= 19 else []),
                    "-cp",
                    f"{jars}/*",
                    "kafka.Kafka",
                    str(properties),
                ],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self._directory,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C"},
            )

    def _properties(self, controller: int) -> str:
        listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in self._ports.items())
        protocols = {**self._listening.protocols, "CONTROLLER": self._listening.controller_protocol}
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": next(iter(self._ports)),
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            "log.dirs": str(self._directory / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            **self._listening.properties,
        }
        return "".join(f"{name}={value}\n" for name, value in properties.items())

    def _format(self, jars: Path, properties: Path) -> None:
        data = self._directory / "data"
        if (data / "meta.properties").exists():
            return
        data.mkdir(parents=True, exist_ok=True)
        if self._listening.scram_users:
            self._format_with_users(jars, properties)
            return
        # What the storage tool would write, without starting a JVM for it.
        (data / "meta.properties").write_text(
            f"version=1\ncluster.id={_random_id()}\nnode.id=1\ndirectory.id={_random_id()}\n"
        )

    def _format_with_users(self, jars: Path, properties: Path) -> None:
        """On KRaft the first users are part of the formatted storage (KIP-900)."""
        users = [
            part
            for name, password in self._listening.scram_users.items()
            for part in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]
        tool = ["java", *FAST_START, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format"]
        subprocess.run(
            [*tool, "-t", _random_id(), "-c", str(properties), *users], check=True, capture_output=True, cwd=jars
        )

    async def _answering(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            while not await _listens(self.port):
                if self._process is None or self._process.poll() is not None:
                    tail = (self._directory / "kafka.log").read_bytes()[-2_000:].decode(errors="replace")
                    raise RuntimeError(f"the broker ended: {tail}")
                await asyncio.sleep(0.05)


def _jars(cache: Path) -> Path:
    """Fetched once; who asks meanwhile waits, since a broker must not run on a jar that is being written anew."""
    jars = cache / f"kafka-{VERSION}"
    jars.mkdir(parents=True, exist_ok=True)
    with (jars / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (jars / ".complete").exists():
            _fetch(jars)
            (jars / ".complete").touch()
    return jars


def _fetch(jars: Path) -> None:
    (jars / "pom.xml").write_text(POM)
    subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}", "-DincludeScope=runtime"],
        check=True,
        cwd=jars,
    )


def _random_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _java_major() -> int:
    told = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    return int(told.split('"')[1].split(".")[0])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
