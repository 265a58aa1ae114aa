"""How can a command or a replica fail, other than by a rule?"""

from dataclasses import dataclass

from tenure_eventlog import OutcomeUnknown, Partition

from tenure_journal.chain import Head


class JournalError(Exception):
    """A subclass's docstring is its message; its fields are the facts."""

    def __str__(self) -> str:
        return (type(self).__doc__ or type(self).__name__).format_map(vars(self))


@dataclass(eq=False)
class RaceLost(JournalError):
    """Other commands won {stream} {tries} times; it stands at {winner.sequence}."""

    stream: str
    tries: int
    winner: Head


@dataclass(eq=False)
class SequenceMismatch(JournalError):
    """{stream} was expected at sequence {expected} and stands at {winner.sequence}."""

    stream: str
    expected: int
    winner: Head


@dataclass(eq=False)
class CommandIdReused(JournalError):
    """This idempotency key was used on {stream} for another command, accepted as sequence {sequence}."""

    stream: str
    sequence: int


@dataclass(eq=False)
class StreamParked(JournalError):
    """{stream} is parked: {reason}. Deploy a build that can read it, or void the record."""

    stream: str
    reason: str


class StillInDoubt(OutcomeUnknown):
    """This try appended nothing, and would be refused; an earlier one may still land. Ask again with the same key.

    The time since that earlier try goes on running: this answer is not another one to be counted from.
    """


@dataclass(eq=False)
class NotReady(JournalError):
    """Not ready: {reason}."""

    reason: str


@dataclass(eq=False)
class LogRewritten(JournalError):
    """{partition} held another record at offset {offset} when it was read before: the log was made anew or edited."""

    partition: Partition
    offset: int


@dataclass(eq=False)
class StreamUnknown(JournalError):
    """There is no stream {stream}."""

    stream: str
