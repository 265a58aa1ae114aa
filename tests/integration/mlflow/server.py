"""A real MLflow tracking server, in an environment of its own: its pins fight ours."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from tests.kafka.broker import CACHE, unavailable

MLFLOW = "3.17.2"
HOME = CACHE / f"mlflow-{MLFLOW}"
START_SECONDS = 120
INSTALL_SECONDS = 600
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # Its webhooks go to this machine, over HTTP, and are known at once.
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_CACHE_TTL": "0",
}


def installed() -> Path:
    """The environment's Python, made at the first call and kept; skips where that can't be done."""
    venv, done = HOME / "venv", HOME / "installed"
    python = venv / "bin" / "python"
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers come here at once
        if not done.exists():
            try:
                _uv("venv", "-q", "--clear", "--python", sys.executable, str(venv))
                _uv("pip", "install", "-q", "--python", str(python), f"mlflow=={MLFLOW}")
            except (OSError, subprocess.SubprocessError) as failed:
                unavailable(f"MLflow {MLFLOW} can't be installed: {failed}")
            done.touch()
    return python


def _uv(*words: str) -> None:
    """The one that `make setup` installs. Raises OSError, SubprocessError."""
    command = [str(Path(sys.executable).with_name("uv")), *words]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(command, check=True, timeout=INSTALL_SECONDS, env=environment, stdout=subprocess.DEVNULL)


@contextmanager
def mlflow_server(directory: Path, port: int) -> Iterator[httpx.Client]:
    """A client of its REST API; the server has a database and artifacts of its own under `directory`."""
    # What `mlflow server` starts, without itself: that would load MLflow twice, which takes longer than all else.
    command = [str(installed()), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port)]
    own = {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{directory / 'mlflow.db'}",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(directory / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
    output = directory / "mlflow.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*command, "mlflow.server.fastapi_app:app"],
            env={**os.environ, **ENVIRONMENT, **own},
            stdout=log,
            stderr=log,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait(client, process, output)
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"MLflow did not start: {output.read_text()[-2_000:]}")
