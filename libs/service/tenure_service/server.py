"""How does a process listen, and how does it stop?"""

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

import uvicorn


class PortTaken(Exception):
    """The message says where, and what to do."""

    def __init__(self, host: str, port: int, why: OSError) -> None:
        super().__init__(
            f"{host}:{port} can't be listened on: {why.strerror}. Does Tenure run there already? "
            "Choose another port: `tenure up --port N`, or TENURE_PORT=N for `tenure serve`."
        )


def bound(host: str, port: int) -> socket:
    """A socket that has the port but does not listen yet: who asks too early is refused at once. Raises PortTaken."""
    # The protocol is named, since asyncio sets TCP_NODELAY on such sockets only: without it each answer to a kept
    # connection waits for the client's delayed acknowledgement, 40 ms.
    made = socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM, IPPROTO_TCP)
    try:
        made.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # a restart need not wait for the last connections' time-outs
        made.bind((host, port))
    except OSError as why:
        made.close()
        raise PortTaken(host, port, why) from None
    return made


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop that there is for this system."""
    try:
        import uvloop
    except ImportError:  # it is not made for Windows
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class DrainingServer(uvicorn.Server):
    """Says when it listens; a signal drains and returns, so that all that was opened is closed."""

    def __init__(self, config: uvicorn.Config, ready_line: str) -> None:
        super().__init__(config)
        self._ready_line = ready_line

    async def startup(self, sockets: list[socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except OSError as why:  # two had bound it, and the other one listens
            raise PortTaken(self.config.host, self.config.port, why) from None
        if self.started:
            sys.stdout.write(self._ready_line)
            sys.stdout.flush()

    def end_if_failed(self, boot: asyncio.Task[None]) -> None:
        """A service that can't start ends the process, so that a supervisor sees it."""
        if not boot.cancelled() and boot.exception():
            self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at its end, which kills the process before the log is closed
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)
