"""How does a log get a million events in a minute? Whole chains, as the writer would have made them, in batches.

Models take turns version by version: what happens to one version lies together, its model's next one far away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import uuid4

from tenure_codec.binding import EventCodec
from tenure_codec.envelope import GENESIS, Attributes, digest, write_headers
from tenure_eventlog import EventLog, Message
from tenure_eventlog.topics import REGISTRY_EVENTS
from uuid_utils import uuid7

from bench.story import ARTIFACT, MODEL, REPORT, VERSIONS, story

BATCH = 2_000


class Page(NamedTuple):
    """An event's bytes and what its headers say of them; names and digests are still to be put in."""

    version: int
    dataschema: str
    type: str
    value: bytes


@dataclass(slots=True)
class Chain:
    """Where a model's chain stands."""

    name: str
    sequence: int = 0
    previous: str = GENESIS

    def extended(self, page: Page) -> Message:
        """The model's next record; it has to be appended within 30 s."""
        stream, own = f"registry/model/{self.name}", sha256(f"{self.name}/{page.version}".encode()).hexdigest()
        value = page.value.replace(ARTIFACT.encode(), own.encode()).replace(REPORT.encode(), self.previous.encode())
        value = value if page.version else value.replace(MODEL.encode(), self.name.encode())
        now, event_id, self.sequence = datetime.now(UTC), str(uuid7()), self.sequence + 1
        attributes = Attributes(
            id=event_id,
            source="/tenure/registry",
            type=page.type,
            subject=stream,
            time=now,
            recorded_time=now,
            sequence=self.sequence,
            previous=self.previous,
            dataschema=page.dataschema,
            command_id=str(uuid4()),
            command_digest=own,
            correlation_id=event_id,
            hops=0,
            auth_id="p-0f2c61d4a7b8",
            auth_type="service_account",
        )
        headers = write_headers(attributes)
        self.previous = digest(headers, value)
        return Message(REGISTRY_EVENTS.name, stream.encode(), value, headers)


async def fill(log: EventLog, codec: EventCodec, models: int) -> int:
    """Appends the story of so many models; how many events that are."""
    pages, count = pages_of(codec), 0
    chains = [Chain(f"m{number:05d}") for number in range(models)]
    batch = list[Message]()
    for message in told(pages, chains):
        batch.append(message)
        if len(batch) == BATCH:
            count += len(await log.append(batch))
            batch = []
    return count + len(await log.append(batch))


def pages_of(codec: EventCodec) -> list[Page]:
    return [Page(version, *codec.encode(event)) for version, event in story()]


def told(pages: Sequence[Page], chains: Sequence[Chain]) -> Iterator[Message]:
    for version in range(VERSIONS + 1):
        chapter = [page for page in pages if page.version == version]
        for chain in chains:
            for page in chapter:
                yield chain.extended(page)
