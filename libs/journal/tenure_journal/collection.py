"""When does Python look for garbage in cycles? Seldom: events and states make next to none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
YOUNG_ROUNDS, OLD_ROUNDS = 20, 100

_replaying = 0


def collect_rarely() -> None:
    """For a whole process, at its start: with Python's defaults a fifth of a command's time goes into looking."""
    gc.set_threshold(NEW_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)


@contextmanager
def collection_paused() -> Iterator[None]:
    """No look at all during a replay, also where several overlap: each would go through everything made so far."""
    global _replaying
    if _replaying == 0 and not gc.isenabled():
        yield  # somebody else's decision
        return
    _replaying += 1
    gc.disable()
    try:
        yield
    finally:
        _replaying -= 1
        if _replaying == 0:
            gc.enable()
