"""What may a question look at, whatever moment it is about?"""

from typing import Protocol

from tenure_journal.stream import State, Stream


class View(Protocol):
    """The states of all streams at one moment. A replica is the view of now."""

    def state(self, name: str) -> State:
        """The kind's initial one where the stream has no event. Raises StreamParked."""

    def stream(self, name: str) -> Stream | None:
        """For a decision that leans on its head; None where there is none, or the moment is past."""
