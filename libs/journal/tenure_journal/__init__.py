"""From commands to facts and from facts to state: the rules of DESIGN 3, for every service alike."""

from tenure_journal.chain import VERDICTS, Head, Orphan, Orphans, Realm, Verdict, judge, link_of
from tenure_journal.clock import Clock, FixedClock, SteppedClock, WallClock
from tenure_journal.collection import collect_rarely
from tenure_journal.errors import (
    CommandIdReused,
    JournalError,
    LogRewritten,
    NotReady,
    RaceLost,
    SequenceMismatch,
    StillInDoubt,
    StreamParked,
    StreamUnknown,
)
from tenure_journal.probe import clock_ahead_us
from tenure_journal.reactor import Needed, Reaction, Reactor, Timer
from tenure_journal.replica import Replica, kind_name
from tenure_journal.stream import BACKDATED_AFTER, Kind, Meta, Stream, TopicFold
from tenure_journal.view import View
from tenure_journal.void import NothingToVoid, RecordVoided, VoidRecord
from tenure_journal.writer import Auth, Order, Receipt, Writer

__all__ = [
    "BACKDATED_AFTER",
    "VERDICTS",
    "Auth",
    "Clock",
    "CommandIdReused",
    "FixedClock",
    "Head",
    "JournalError",
    "Kind",
    "LogRewritten",
    "Meta",
    "Needed",
    "NotReady",
    "NothingToVoid",
    "Order",
    "Orphan",
    "Orphans",
    "RaceLost",
    "Reaction",
    "Reactor",
    "Realm",
    "Receipt",
    "RecordVoided",
    "Replica",
    "SequenceMismatch",
    "SteppedClock",
    "StillInDoubt",
    "Stream",
    "StreamParked",
    "StreamUnknown",
    "Timer",
    "TopicFold",
    "Verdict",
    "View",
    "VoidRecord",
    "WallClock",
    "Writer",
    "clock_ahead_us",
    "collect_rarely",
    "judge",
    "kind_name",
    "link_of",
]
