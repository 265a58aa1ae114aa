"""Why is a record nobody's command?"""


class NotTaken(Exception):
    """The record, or the webhook, is not a command of somebody who is known; the message says why."""


class KeysExposed(Exception):
    """The file of the inbox's keys may be read by others: `chmod 600` it, and make new keys."""
