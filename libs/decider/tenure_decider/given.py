"""How does a decider's test read?"""

from typing import Any, Generic, Self, TypeVar

from tenure_decider.decider import Decider
from tenure_decider.rejected import Rejected

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")


class Given(Generic[State, Command, Event]):
    """`given(decider, *events).when(command).then(event)`, compared whole, field by field."""

    def __init__(self, decider: Decider[State, Command, Event], *events: Event) -> None:
        self._decider, self._state = decider, decider.fold(*events)
        self._outcome: Event | Rejected | None = None
        self._asked = False

    def when(self, command: Command) -> Self:
        assert not self._asked, "one command a test: start again with given(...)"
        self._asked = True
        try:
            self._outcome = self._decider.decide(self._state, command)
        except Rejected as rejected:
            self._outcome = rejected
        return self

    def then(self, event: Event) -> None:
        """Exactly this event, of exactly this type; it must also fold."""
        self._was_asked()
        assert type(self._outcome) is type(event), self._outcome
        assert self._outcome == event
        self._decider.evolve(self._state, event)

    def then_nothing(self) -> None:
        """It is so already."""
        self._was_asked()
        assert self._outcome is None, self._outcome

    def then_rejected(self, rule: type[Rejected], **facts: Any) -> None:
        """Exactly this rule said no, with exactly these facts, and its sentence can be printed."""
        self._was_asked()
        assert type(self._outcome) is rule, self._outcome
        assert vars(self._outcome) == facts
        assert str(self._outcome)

    def _was_asked(self) -> None:
        assert self._asked, "nothing was asked: .when(command) comes first"


given = Given
