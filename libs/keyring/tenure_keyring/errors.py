"""What can go wrong with sealed values, by name."""

from dataclasses import dataclass


class KeyringError(Exception):
    """An expected failure. A subclass's docstring is its message; its fields are the facts."""

    def __str__(self) -> str:
        return (type(self).__doc__ or type(self).__name__).format_map(vars(self))


@dataclass(eq=False)
class SealBroken(KeyringError):
    """What is sealed at {bound_to} {why}."""

    bound_to: str
    why: str


@dataclass(eq=False)
class SubjectRefused(KeyringError):
    """{subject!r} can't be a subject's id: {why}."""

    subject: str
    why: str


@dataclass(eq=False)
class MasterKeyMissing(KeyringError):
    """There is no master key: {why}."""

    why: str
