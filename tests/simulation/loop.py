"""An event loop in which time is a number, and in which processes can be paused or killed.

It jumps to the next timer when nothing is ready. Callbacks belong to the simulated process in whose context they were
made; within a process they keep their order, across processes the seed orders them, as an operating system would.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from heapq import heappop
from random import Random
from typing import Any

MAX_ROUNDS = 200_000


class Owner:
    """What a callback belongs to. While `stopped`, its callbacks wait; for ever, if it was killed."""

    def __init__(self) -> None:
        self.stopped = False
        self.held: list[asyncio.Handle] = []


OWNER: ContextVar[Owner | None] = ContextVar("owner", default=None)


class Livelock(Exception):
    """The simulation goes round without an end."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Deterministic for a seed: no sockets, no threads, no clock but its own."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random, self._now, self._rounds = random, 0.0, 0
        self.owners: dict[Owner, None] = {}
        self.errors: list[dict[str, Any]] = []

    def time(self) -> float:
        return self._now

    def spawn(self, owner: Owner | None, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task of that owner, whoever asks for it."""
        context = Context()
        context.run(OWNER.set, owner)
        if owner:
            self.owners[owner] = None
        return self.create_task(work, context=context)

    def later(self, seconds: float, callback: Callable[..., None], *args: Any) -> None:
        """Calls back on nobody's behalf: no pause delays it."""
        self.call_later(seconds, callback, *args, context=Context())

    def resume(self, owner: Owner) -> None:
        owner.stopped = False
        self._ready.extend(owner.held)
        owner.held.clear()

    def _run_once(self) -> None:
        self._rounds += 1
        if self._rounds > MAX_ROUNDS:
            raise Livelock(f"at {self._now:.3f} s")
        self._collect_timers()
        turns: dict[Owner | None, list[asyncio.Handle]] = {}
        while self._ready:
            handle = self._ready.popleft()
            turns.setdefault(handle._context.get(OWNER), []).append(handle)
        owners = list(turns)
        if len(owners) > 1:
            self._random.shuffle(owners)
        for owner in owners:
            self._run(owner, turns[owner])

    def _run(self, owner: Owner | None, handles: list[asyncio.Handle]) -> None:
        for handle in handles:
            if handle._cancelled:
                continue
            if owner and owner.stopped:
                owner.held.append(handle)
            else:
                handle._run()

    def _collect_timers(self) -> None:
        timers = self._scheduled
        while timers and timers[0]._cancelled:
            heappop(timers)._scheduled = False
        if not self._ready:
            if not timers:
                raise Livelock(f"nothing will ever happen after {self._now:.3f} s")
            self._now = max(self._now, timers[0]._when)
        while timers and (timers[0]._cancelled or timers[0]._when <= self._now):
            timer = heappop(timers)
            timer._scheduled = False
            self._ready.append(timer)

    def _process_events(self, event_list: Any) -> None:
        raise AssertionError("there is no selector")

    def _write_to_self(self) -> None:
        pass


def run(seed: str, main: Callable[[SimulatedLoop, Random], Coroutine[Any, Any, Any]]) -> Any:
    """Runs one simulation to its end and puts away whatever it left behind."""
    random = Random(seed)
    loop = SimulatedLoop(random)
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda _, context: loop.errors.append(context))
    try:
        result = loop.run_until_complete(main(loop, random))
        assert not loop.errors, loop.errors
        return result
    finally:
        _put_away(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _put_away(loop: SimulatedLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    for owner in loop.owners:
        loop.resume(owner)
    loop._rounds = 0
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
