"""Whom must monitor tell of now: consumers that are seen, and those that are quiet?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tenure_journal import Needed, Replica

from tenure_monitor.callers.decider import A_DAY, CallerCommand, Callers, MissConsumer, Place, SeeConsumer, is_past
from tenure_monitor.names import ModelName

KIND = "monitor/callers"


class Heard(NamedTuple):
    """A consumer's newest call of a version, and how many there were ever."""

    last_at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What telemetry says, by model; `complete_at`: all that was told by then is in it. None: nothing was read."""

    heard: Mapping[ModelName, Mapping[Place, Heard]] = field(default_factory=dict)
    complete_at: datetime | None = None


def callers_due(traffic: Callable[[], Traffic]) -> Callable[[Replica, datetime], Iterable[Needed]]:
    """The timer: quiet is only who was not heard though all telemetry is read, not who was not read yet."""

    def due(view: Replica, now: datetime) -> Iterator[Needed]:
        found = traffic()
        parked = {stream.name for stream in view.streams(KIND).values() if stream.parked}
        known = {ModelName(name.removeprefix(f"{KIND}/")) for name in view.streams(KIND)}
        for model in sorted(known | found.heard.keys()):
            stream = f"{KIND}/{model}"
            if stream in parked:
                continue
            callers: Callers = view.state(stream)
            yield from needs(view, model, commands(model, callers, found, now))

    return due


def commands(model: ModelName, callers: Callers, traffic: Traffic, now: datetime) -> Sequence[CallerCommand]:
    """In the order of versions and names."""
    heard = traffic.heard.get(model, {})
    found: list[CallerCommand] = []
    for place, one in sorted(heard.items()):
        known = callers.get(place)
        if not is_past(one.last_at, now) and (known is None or one.last_at >= known.seen_at + A_DAY):
            found.append(SeeConsumer(model=model, place=place, seen_at=one.last_at, counted=one.calls, now=now))
    if traffic.complete_at is None:
        return found
    for place, said in sorted(callers.items()):
        last = max(heard.get(place, Heard(said.seen_at, said.counted)), Heard(said.seen_at, said.counted))
        if is_past(last.last_at, traffic.complete_at):
            found.append(MissConsumer(model=model, place=place, last_seen_at=last.last_at, counted=last.calls, now=now))
    return found


def needs(view: Replica, model: ModelName, wanted: Iterable[CallerCommand]) -> Iterator[Needed]:
    """Caused by telemetry, not by the event before: else each day would be a hop further from the first."""
    stream = view.stream(f"{KIND}/{model}")
    digest = stream.digest if stream else ""
    for command in wanted:
        about = "\n".join((type(command).__name__, *command.place, digest))
        yield Needed(stream=f"{KIND}/{model}", command=command, because=about)
