"""How do others hear of a record that could not be read?"""

from datetime import datetime

import msgspec
from tenure_eventlog import Message
from tenure_eventlog.topics import QUARANTINE


class QuarantineNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Where the record is that could not be read, and why it could not."""

    processor: str
    topic: str
    partition: int
    offset: int
    reason: str
    held_at: datetime


def quarantine_message(notice: QuarantineNotice) -> Message:
    """For `tenure.quarantine`; two notices of one record have the same key."""
    key = f"{notice.topic}/{notice.partition}/{notice.offset}".encode()
    return Message(QUARANTINE.name, key, msgspec.json.encode(notice))
