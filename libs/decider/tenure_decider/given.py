"""How does a decider's test read?"""

from typing import Generic, Self, TypeVar

from tenure_decider.decider import Decider
from tenure_decider.differences import differences
from tenure_decider.rejected import Rejected

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")


class Given(Generic[State, Command, Event]):
    """`given(decider, *events).when(command).then(event)`, compared whole, field by field and type by type.

    Every `then` raises AssertionError with what was expected, what came instead, and in which fields they differ.
    """

    def __init__(self, decider: Decider[State, Command, Event], *events: Event) -> None:
        self._decider, self._state = decider, decider.fold(*events)
        self._outcome: Event | Rejected | None = None
        self._asked = False

    def when(self, command: Command) -> Self:
        if self._asked:
            raise AssertionError("one command a test: start again with given(...)")
        self._asked = True
        try:
            self._outcome = self._decider.decide(self._state, command)
        except Rejected as rejected:
            self._outcome = rejected
        return self

    def then(self, event: Event) -> None:
        """Exactly this event, of exactly this type; it must also fold."""
        self._is_a(type(event))
        self._agrees(differences(event, self._outcome))
        self._decider.evolve(self._state, event)

    def then_nothing(self) -> None:
        """It is so already."""
        self._is_a(type(None))

    def then_rejected(self, rule: type[Rejected], **facts: object) -> None:
        """Exactly this rule said no, with exactly these facts, and its sentence can be printed."""
        self._is_a(rule)
        self._agrees(differences(facts, vars(self._outcome)))
        if not str(self._outcome).strip():
            raise AssertionError(f"{rule.__name__} has no sentence: write its docstring")

    def _is_a(self, kind: type) -> None:
        if not self._asked:
            raise AssertionError("nothing was asked: .when(command) comes first")
        if type(self._outcome) is not kind:
            raise AssertionError(f"expected {_named(kind)}, but {self._told()}")

    def _agrees(self, found: list[str]) -> None:
        if found:
            raise AssertionError("\n  ".join([f"{self._told()}, which differs in", *found]))

    def _told(self) -> str:
        if isinstance(self._outcome, Rejected):
            return f"{type(self._outcome).__name__} said no with {vars(self._outcome)!r}: {self._outcome}"
        return "nothing happened" if self._outcome is None else f"this happened: {self._outcome!r}"


def _named(kind: type) -> str:
    return "nothing" if kind is type(None) else kind.__name__


given = Given
