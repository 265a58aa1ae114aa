"""What can't be read, and why."""

from typing import NamedTuple

from tenure_eventlog.port import Record


class Quarantined(NamedTuple):
    """A record and why it can't be read. `reason` is a short fixed word: it is counted by.

    `scope`: for which reader alone it is held; None: for all.
    """

    reason: str
    record: Record
    scope: str | None = None
