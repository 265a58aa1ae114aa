"""Who asked for what, who was refused by which rule, and who looked at what is sensitive?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tenure_codec.envelope import read_attributes
from tenure_eventlog import EventLog, Partition, Record
from tenure_eventlog.retained import stretch
from tenure_eventlog.topics import ACCESS, LIFECYCLE
from tenure_service.access import AccessEntry, EntryUnreadable, read_entry

from tenure.consumer import ChainReader

SENSITIVE = {
    "artifacts": {"artifact", "artifacts"},
    "exports": {"export", "exports"},
    "evidence": {"evidence", "versions"},  # a version is shown with its evidence
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """What is asked about: recorded instants from `since` to before `until`, of one principal or of all."""

    since: datetime | None = None
    until: datetime | None = None
    principal: str | None = None

    def has(self, at: datetime, principal: str) -> bool:
        early = self.since is not None and at < self.since
        late = self.until is not None and at >= self.until
        return not early and not late and self.principal in (None, principal)


@dataclass(slots=True)
class Activity:
    """One principal's: accepted by event, refused by rule, sensitive reads by kind."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    auth_types: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def seen(self, at: datetime) -> None:
        self.first, self.last = min(at, self.first or at), max(at, self.last or at)


@dataclass(slots=True)
class Report:
    """`offsets`: how far was read, so that the same can be read again. `forgotten`: access entries past retention."""

    window: Window
    offsets: Mapping[Partition, int]
    forgotten: int = 0
    unreadable: int = 0
    activities: dict[str, Activity] = field(default_factory=dict)

    def of(self, record: Record, principal: str) -> Activity | None:
        """The principal's activity, which now includes the record's instant; None where nobody asked about it."""
        at = datetime.fromtimestamp(record.append_time_ms / 1_000, UTC)
        if not self.window.has(at, principal):
            return None
        found = self.activities.setdefault(principal, Activity())
        found.seen(at)
        return found


async def report(log: EventLog, window: Window) -> Report:
    """Reads up to the ends as of now. Raises OffsetOutOfRange where a lifecycle topic no longer starts at 0."""
    lifecycle = [spec.name for spec in LIFECYCLE]
    found = Report(window, await log.end_offsets([*lifecycle, ACCESS.name]))
    starts, chain = await log.start_offsets([ACCESS.name]), ChainReader.of(LIFECYCLE)
    found.forgotten = sum(starts.values())
    for partition, end in sorted(found.offsets.items()):
        async for record in stretch(log, partition, starts.get(partition, 0), end):
            if partition.topic == ACCESS.name:
                _add_entry(found, record)
            elif chain.take(record)[0] == "accepted":
                _add_accepted(found, record)
    return found


def _add_accepted(found: Report, record: Record) -> None:
    about = read_attributes(record.headers)
    if activity := found.of(record, about.auth_id):
        activity.accepted[event_name(about.type)] += 1
        activity.auth_types.add(about.auth_type)


def event_name(type_: str) -> str:
    """`registry.version-registered` of `dev.tenure.registry.version-registered.v1`."""
    return type_.removeprefix("dev.tenure.").rpartition(".v")[0]


def _add_entry(found: Report, record: Record) -> None:
    try:
        entry = read_entry(record)
    except EntryUnreadable:
        found.unreadable += 1
        return
    if activity := found.of(record, entry.principal):
        match entry.what:
            case "refused":
                activity.refused[rule_name(entry)] += 1
            case "read":
                activity.read[sensitive_kind(entry.path)] += 1


def rule_name(entry: AccessEntry) -> str:
    """`role-missing`, whether it was noted so or as a problem's whole type."""
    return (entry.rule or "unnamed").removeprefix("urn:tenure:problem:")


def sensitive_kind(path: str) -> str:
    """By the words in the path: artifacts, exports, evidence, or other."""
    words = set(path.split("/"))
    return next((kind for kind, those in SENSITIVE.items() if words & those), "other")
