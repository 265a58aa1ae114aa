"""What was ever said of a model version, by which event, and what made it stale?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from tenure_evidence.measures import Metric

Section = Literal[
    "description",
    "task",
    "architecture",
    "dataset",
    "use_case",
    "user",
    "performance",
    "fairness",
    "limitation",
    "tradeoff",
    "ethics",
]
SECTIONS: tuple[Section, ...] = get_args(Section)


@dataclass(frozen=True, kw_only=True, slots=True)
class Staleness:
    """From `since` on a claim may no longer hold, as `event_id` says: a context changed, evidence expired."""

    since: datetime
    reason: str
    event_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One statement about one artifact. A later one of the same section and `key` takes its place.

    `key` is what is spoken of: a data set's name, the group at risk, the risk's name, the data that `metric` was
    measured on. From `withdrawn_at` on nobody claims it any more.
    """

    section: Section
    key: str
    text: str
    event_ids: tuple[str, ...]
    claimed_at: datetime
    about_digest: str
    metric: Metric | None = None
    staleness: tuple[Staleness, ...] = ()
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.event_ids:
            raise ValueError(f"{self.section} {self.key!r} names no event: what no event says is not on the card")
        instants = [self.claimed_at, *(stale.since for stale in self.staleness), self.withdrawn_at or self.claimed_at]
        if any(instant.tzinfo is None for instant in instants):
            raise ValueError(f"{self.section} {self.key!r} has an instant without a time zone")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """`artifact_digest` is `sha256:<hex>`; claims are in any order."""

    model: str
    model_version: str
    artifact_digest: str
    claims: tuple[Claim, ...]
