"""The log: one port, three adapters."""

from tenure_eventlog.partitioner import murmur2, partition_of
from tenure_eventlog.port import (
    Batch,
    CredentialsRefused,
    EventLog,
    Headers,
    LogUnavailable,
    LogUntrusted,
    Message,
    MessageTooLarge,
    NotPermitted,
    OffsetOutOfRange,
    Offsets,
    OutcomeUnknown,
    Partition,
    Record,
    TopicMismatch,
    TopicMissing,
)
from tenure_eventlog.topics import TopicSpec

__all__ = [
    "Batch",
    "CredentialsRefused",
    "EventLog",
    "Headers",
    "LogUnavailable",
    "LogUntrusted",
    "Message",
    "MessageTooLarge",
    "NotPermitted",
    "OffsetOutOfRange",
    "Offsets",
    "OutcomeUnknown",
    "Partition",
    "Record",
    "TopicMismatch",
    "TopicMissing",
    "TopicSpec",
    "murmur2",
    "partition_of",
]
