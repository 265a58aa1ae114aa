"""How does a rule say no?"""

import re
from typing import Any, ClassVar, Literal

Kind = Literal["conflict", "unknown", "forbidden", "invalid"]


class Rejected(Exception):
    """A rule said no. A subclass's docstring is its message; its fields are the facts.

    Subclasses are `@dataclass(eq=False)`; `kind` tells an API how to answer, without naming a protocol.
    """

    kind: ClassVar[Kind] = "conflict"

    def __str__(self) -> str:
        facts = {name: _listed(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return (type(self).__doc__ or type(self).__name__).format_map(facts)

    @classmethod
    def problem_type(cls) -> str:
        """The stable name of the broken rule: `FourEyesRequired` is `urn:tenure:problem:four-eyes-required`."""
        return "urn:tenure:problem:" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def facts(self) -> dict[str, Any]:
        """What the rule looked at, by name."""
        return dict(vars(self))


def _listed(several: tuple[object, ...]) -> str:
    return ", ".join(map(str, several))


class Unknown(Rejected):
    """What the command names does not exist."""

    kind = "unknown"


class Forbidden(Rejected):
    """The principal may not do this here."""

    kind = "forbidden"


class Invalid(Rejected):
    """The command could never be carried out, whatever the state."""

    kind = "invalid"
