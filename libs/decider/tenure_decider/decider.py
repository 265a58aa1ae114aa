"""What turns orders into facts, and facts into state?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")


@dataclass(frozen=True)
class Decider(Generic[State, Command, Event]):
    """Three pure functions; everything that knows time, disk or network stays outside.

    `decide` returns the one event that a command makes of a state, None where it is already so,
    and raises a `Rejected` where a rule forbids it.
    """

    initial: State
    decide: Callable[[State, Command], Event | None]
    evolve: Callable[[State, Event], State]

    def fold(self, *events: Event) -> State:
        """The state after `events`, oldest first."""
        state = self.initial
        for event in events:
            state = self.evolve(state, event)
        return state
