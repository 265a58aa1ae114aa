"""What do all commands share: where things are, and how trouble is told."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.console import Console

Answer = TypeVar("Answer")
console = Console()
errors = Console(stderr=True)
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def home() -> Path:
    """The directory of the embedded platform."""
    return Path(os.environ.get("TENURE_HOME", ".tenure"))


def log_address() -> str:
    """TENURE_LOG, by default the embedded log."""
    return os.environ.get("TENURE_LOG", f"embedded:{home()}")


def origin() -> str:
    """TENURE_URL, by default the embedded platform's."""
    return os.environ.get("TENURE_URL", "http://127.0.0.1:8600")


def token() -> str:
    """TENURE_TOKEN, by default the owner's. Exits where there is none."""
    path = home() / "owner-token"
    if found := os.environ.get("TENURE_TOKEN"):
        return found
    if path.exists():
        return path.read_text().strip()
    errors.print("No token: set TENURE_TOKEN, or start the platform here with `tenure up`.")
    raise typer.Exit(2)


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it; an expected failure is one line, not a traceback."""
    from tenure_eventlog import LogUnavailable, TopicMismatch, TopicMissing
    from tenure_eventlog.embedded import AlreadyOwned
    from tenure_eventlog.open import AddressUnknown
    from tenure_service import PortTaken, SettingsWrong, new_loop

    from tenure.client import ProblemError
    from tenure.cluster import ProxyMissing
    from tenure.localkafka import JavaMissing

    expected = (
        LogUnavailable,
        TopicMismatch,
        TopicMissing,
        AlreadyOwned,
        PortTaken,
        SettingsWrong,
        AddressUnknown,
        ProblemError,
        JavaMissing,
        ProxyMissing,
    )
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)
    except (*expected, ConnectionError) as failure:
        errors.print(f"[red]{type(failure).__name__}[/red]: {failure}", highlight=False)
        raise typer.Exit(1) from None


def seconds_of(text: str) -> int:
    """`5s`, `2m`, `6h` or `1d`. Raises BadParameter."""
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in UNITS:
        raise typer.BadParameter(f"{text!r} is no time: write 5s, 1m, 6h or 2d")
    return int(number) * UNITS[unit]
