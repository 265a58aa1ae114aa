"""How do others hear of a record that could not be read?"""

from datetime import datetime

import msgspec
from tenure_eventlog import Message
from tenure_eventlog.topics import QUARANTINE


class QuarantineNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Where the record is that could not be read, and why; `scope`: by which reader alone it could not."""

    processor: str
    topic: str
    partition: int
    offset: int
    reason: str
    held_at: datetime
    scope: str | None = None


def quarantine_message(notice: QuarantineNotice) -> Message:
    """For `tenure.quarantine`; two notices of one record, and one scope, have the same key."""
    key = "/".join(filter(None, (notice.topic, str(notice.partition), str(notice.offset), notice.scope)))
    return Message(QUARANTINE.name, key.encode(), msgspec.json.encode(notice))
