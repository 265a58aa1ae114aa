"""Why can bytes not be read, or a schema not be used?"""


class Undecodable(Exception):
    """These bytes are not an event that this build can read."""


class SchemaUnknown(Undecodable):
    """No published schema has this identity: deploy a build that has it."""


class TrailingBytes(Undecodable):
    """The value goes on after the event."""


class TooLarge(Undecodable):
    """The value is over the size limit; it was not read."""


class NotUpcastable(Undecodable):
    """The event is of an older schema version and no upcaster leads to the newest."""


class SchemaRefused(Exception):
    """A schema file breaks a rule of the catalogue."""


class BindingRefused(Exception):
    """An event's dataclass and its schema do not say the same."""
