"""What does the registry keep of whom monitor sees calling?"""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from rpds import HashTrieMap
from tenure_journal import Meta
from tenure_registry import callers
from tenure_registry.callers import Caller, CallerEvent, Callers, ConsumerQuiet, ConsumerSeen, Place, fold_callers

from tests.unit.registry.story import NOON

DAY = timedelta(days=1)
BOARD = Place("1", "board")
seen = ConsumerSeen(model_version="1", consumer="board", seen_at=NOON, counted=3)
again = replace(seen, seen_at=NOON + DAY, counted=43)
quiet = ConsumerQuiet(model_version="1", consumer="board", last_seen_at=NOON + DAY * 2, counted=50)


def folded(*events: CallerEvent) -> Callers:
    state: Callers = HashTrieMap()
    for sequence, event in enumerate(events, start=1):
        state = fold_callers(state, event, cast(Meta, SimpleNamespace(sequence=sequence)))
    return state


def test_of_a_first_sighting_it_is_not_known_since_when() -> None:
    assert folded(seen)[BOARD] == Caller(seen_at=NOON, since=None, calls=3, counted=3, quiet=False, sequence=1)


def test_between_two_sightings_are_so_many_calls() -> None:
    assert folded(seen, again)[BOARD] == Caller(
        seen_at=NOON + DAY, since=NOON, calls=40, counted=43, quiet=False, sequence=2
    )


def test_who_is_quiet_stays_known_with_its_last_call() -> None:
    assert folded(seen, again, quiet)[BOARD] == Caller(
        seen_at=NOON + DAY * 2, since=NOON + DAY, calls=7, counted=50, quiet=True, sequence=3
    )


def test_where_monitor_counts_anew_all_it_counted_is_new() -> None:
    assert folded(again, replace(seen, seen_at=NOON + DAY * 2, counted=5))[BOARD].calls == 5


def test_who_is_quiet_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST_KEPT", 3)
    others = [replace(seen, consumer=name, seen_at=NOON - DAY * age) for name, age in (("oldest", 2), ("newer", 1))]
    ended = replace(quiet, last_seen_at=NOON)
    kept = folded(seen, *others, ended, replace(seen, consumer="fourth"), replace(seen, consumer="fifth"))
    assert sorted(place.consumer for place in kept) == ["fifth", "fourth", "newer"]
