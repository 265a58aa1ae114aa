"""How does one run of the engine put changes onto the log?"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from tenure_eventlog import EventLog, Message

from tenure.sources.capture import Capture, Folder
from tenure.sources.frames import Ended, FrameBroken, Told, read_frame
from tenure.sources.properties import properties_of

PROCESS = Path(__file__).with_name("engine_process.py")
STOP_SECONDS = 30.0
LAST_WORDS_BYTES = 2_000
Seal = Callable[[Sequence[Message]], Awaitable[Sequence[Message]]]


class EngineEnded(Exception):
    """The engine ended though nobody asked it to; the message is its own reason."""


async def as_they_are(messages: Sequence[Message]) -> Sequence[Message]:
    """Where nothing is personal."""
    return messages


async def run_engine(
    folder: Folder, python: str, event_log: EventLog, delivered: Callable[[int], None], seal: Seal = as_they_are
) -> None:
    """Until it ends. Each batch is durable on the log before the engine, and so the database, hears of it: a kill at
    any moment repeats some, and loses none. What it appends, `seal` has sealed before. `delivered` hears how many
    changes were appended.

    Raises: EngineEnded; what the log raises and `seal`, after which the engine was stopped.
    """
    capture, snapshot = folder.capture(), folder.snapshot
    orders = {"properties": properties_of(capture, folder.password, snapshot)}
    with (folder.path / "engine.log").open("wb") as errors:
        async with _process(python, json.dumps(orders), errors) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            while isinstance(batch := await _next(process.stdout), list):
                messages = await seal(messages_of(capture, batch))
                await event_log.append(messages)
                if snapshot != "done" and any(map(is_streamed, batch)):
                    folder.mark(snapshot := "done")
                process.stdin.write(b"\n")
                with suppress(ConnectionError):  # the next read says why
                    await process.stdin.drain()
                delivered(len(messages))
    raise EngineEnded(batch.reason if batch else _last_words(folder.path / "engine.log"))


def messages_of(capture: Capture, batch: Sequence[Told]) -> list[Message]:
    """Under the keys that Debezium gives them. What has none (a truncate) goes to the first partition; what is of no
    table of ours (the connector's own heartbeat) nowhere."""
    wanted = frozenset(capture.topics)
    return [
        Message(topic, key, value, partition=0 if key is None else None)
        for topic, key, value in batch
        if topic in wanted
    ]


def is_streamed(told: Told) -> bool:
    """Whether it says that the snapshot is behind it: a transaction's marker comes with the first streamed change."""
    return told.topic.endswith(".transaction")


async def _next(reader: asyncio.StreamReader) -> list[Told] | Ended | None:
    try:
        return await read_frame(reader)
    except FrameBroken as broken:
        return Ended(str(broken))


@asynccontextmanager
async def _process(python: str, orders: str, errors: IO[bytes]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Running; at the end it is told to stop, and killed where it does not."""
    process = await asyncio.create_subprocess_exec(
        *(python, "-I", str(PROCESS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        start_new_session=True,  # an interrupt from the keyboard is for us, who then tell it
        env={name: value for name, value in os.environ.items() if name not in ("PGPASSWORD", "TENURE_TOKEN")},
    )
    assert process.stdin is not None
    try:
        process.stdin.write(orders.encode() + b"\n")
        yield process
    finally:
        process.stdin.close()
        await _stopped(process)


async def _stopped(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(path: Path) -> str:
    words = path.read_bytes()[-LAST_WORDS_BYTES:].decode(errors="replace").strip()
    return words.rpartition("\n")[2] or "its process was killed"
