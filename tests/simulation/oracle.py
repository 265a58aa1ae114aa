"""What is true? The accept rule of DESIGN 3 once more, written apart from the journal, over what really landed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenure_codec.envelope import digest
from tenure_eventlog import Record
from tenure_journal import RecordVoided
from tenure_journal.void import void_codec

from tests.simulation.lockroom import SERVICE, JsonCodec, Room, evolve

GENESIS = "0" * 64
CODEC = JsonCodec()


@dataclass(frozen=True)
class Fact:
    """An accepted event, when it landed (simulated seconds), and the state that it left behind; None is parked."""

    landed: float
    record: Record
    stream: str
    sequence: int
    digest: str
    event_id: str
    command_id: str
    command_digest: str
    event: Any
    before: Room | None
    after: Room | None


@dataclass
class Chain:
    """One stream as it truly is."""

    facts: list[Fact] = field(default_factory=list)
    voided: set[tuple[int, str]] = field(default_factory=set)

    @property
    def head(self) -> tuple[int, str]:
        return (self.facts[-1].sequence, self.facts[-1].digest) if self.facts else (0, GENESIS)

    @property
    def state(self) -> Room | None:
        return self.facts[-1].after if self.facts else Room()

    def fold(self, count: int) -> Room | None:
        """The state after the first `count` events, without what they void; None where that can't be folded."""
        known = self.facts[:count]
        said = (fact.event for fact in known)
        return refold(known, {(event.sequence, event.digest) for event in said if isinstance(event, RecordVoided)})


def refold(facts: Sequence[Fact], voided: set[tuple[int, str]]) -> Room | None:
    room = Room()
    for fact in facts:
        if (fact.sequence, fact.digest) not in voided and not isinstance(fact.event, RecordVoided):
            try:
                room = evolve(room, fact.event)
            except ValueError:
                return None
    return room


class Truth:
    """Every stream, and every orphan's verdict by offset."""

    def __init__(self, landed: Sequence[tuple[float, Record]]) -> None:
        self.chains: dict[str, Chain] = {}
        self.verdicts: Counter[str] = Counter()
        self.orphans: set[tuple[int, int, str]] = set()
        for at, record in landed:
            if record.topic == f"tenure.{SERVICE}.events":
                self._take(at, record)

    def _take(self, at: float, record: Record) -> None:
        headers = {name: (value or b"").decode() for name, value in record.headers}
        name = headers.get("ce_subject", "")
        chain = self.chains.get(name, Chain())
        verdict = _verdict(record, headers, chain.head)
        self.verdicts[verdict] += 1
        if verdict == "accepted":
            self.chains[name] = chain
            self._accept(at, record, headers, chain)
        else:
            self.orphans.add((record.partition, record.offset, verdict))

    def _accept(self, at: float, record: Record, headers: dict[str, str], chain: Chain) -> None:
        void = "record-voided" in headers["ce_type"]
        codec: Any = void_codec(SERVICE) if void else CODEC
        event = codec.decode(headers["ce_dataschema"], record.value or b"")
        before = after = chain.state
        if void:
            chain.voided.add((event.sequence, event.digest))
            after = refold(chain.facts, chain.voided)
        elif before is not None:
            try:
                after = evolve(before, event)
            except ValueError:
                after = None
        own = digest(record.headers, record.value or b"")
        ids = (headers["ce_id"], headers["ce_commandid"], headers["ce_commanddigest"])
        chain.facts.append(
            Fact(at, record, headers["ce_subject"], int(headers["ce_sequence"]), own, *ids, event, before, after)
        )

    def of_command(self, stream: str, command_id: str) -> list[Fact]:
        chain = self.chains.get(stream, Chain())
        return [fact for fact in chain.facts if fact.command_id == command_id]

    def states_between(self, stream: str, since: float, until: float) -> list[tuple[Room | None, int]]:
        """The states (None: parked) with their sequences that the stream was in at some time in this interval."""
        seen: list[tuple[Room | None, int]] = [(Room(), 0)]
        for fact in self.chains.get(stream, Chain()).facts:
            if fact.landed <= since:
                seen = []
            if fact.landed <= until:
                seen.append((fact.after, fact.sequence))
        return seen


def _verdict(record: Record, headers: dict[str, str], head: tuple[int, str]) -> str:
    if record.key is None or "ce_sequence" not in headers:
        return "malformed"
    if record.key.decode() != headers["ce_subject"] or headers["ce_source"] != f"/tenure/{SERVICE}":
        return "foreign"
    sequence, recorded = int(headers["ce_sequence"]), datetime.fromisoformat(headers["ce_recordedtime"])
    delay = record.append_time_ms / 1_000 - recorded.timestamp()
    if sequence <= head[0]:
        return "late"
    if sequence > head[0] + 1:
        return "gap"
    if headers["ce_previous"] != head[1]:
        return "fork"
    return "accepted" if -5 <= delay <= 30 else "untimely"
