"""How can a command or a replica fail, other than by a rule?"""

from dataclasses import dataclass

from tenure_eventlog import Partition

from tenure_journal.chain import Head


class JournalError(Exception):
    """A subclass's docstring is its message; its fields are the facts."""

    def __str__(self) -> str:
        return (type(self).__doc__ or type(self).__name__).format_map(vars(self))


@dataclass(eq=False)
class RaceLost(JournalError):
    """Other commands won {stream} {tries} times; it stands at {winner}."""

    stream: str
    tries: int
    winner: Head


@dataclass(eq=False)
class SequenceMismatch(JournalError):
    """{stream} was expected at sequence {expected} and stands at {winner}."""

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
