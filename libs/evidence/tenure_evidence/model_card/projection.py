"""What did the card say at an instant, and what of it was stale by then?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tenure_evidence.model_card.claims import SECTIONS, CardFacts, Claim, Section


@dataclass(frozen=True, kw_only=True, slots=True)
class CardClaim:
    """`stale` says why the claim may not hold; empty if nothing is known against it."""

    claim: Claim
    stale: tuple[str, ...]

    @property
    def marked_text(self) -> str:
        return f"[stale: {'; '.join(self.stale)}] {self.claim.text}" if self.stale else self.claim.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Claims are in the order of the sections, then of their keys."""

    model: str
    model_version: str
    artifact_digest: str
    as_of: datetime
    claims: tuple[CardClaim, ...]

    def of(self, section: Section) -> tuple[CardClaim, ...]:
        return tuple(shown for shown in self.claims if shown.claim.section == section)


def project(facts: CardFacts, as_of: datetime) -> Card:
    """The card as it was at `as_of`, an aware instant; later facts change nothing of it."""
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone")
    standing: dict[tuple[Section, str], Claim] = {}
    for claim in sorted(facts.claims, key=lambda claim: claim.claimed_at):
        if claim.claimed_at <= as_of:
            standing[claim.section, claim.key] = claim
    shown = [claim for claim in standing.values() if claim.withdrawn_at is None or claim.withdrawn_at > as_of]
    shown.sort(key=lambda claim: (SECTIONS.index(claim.section), claim.key))
    return Card(
        model=facts.model,
        model_version=facts.model_version,
        artifact_digest=facts.artifact_digest,
        as_of=as_of,
        claims=tuple(CardClaim(claim=claim, stale=tuple(_stale(claim, facts, as_of))) for claim in shown),
    )


def _stale(claim: Claim, facts: CardFacts, as_of: datetime) -> Iterator[str]:
    if claim.about_digest != facts.artifact_digest:
        yield f"said of another artifact, {claim.about_digest}"
    for stale in sorted(claim.staleness, key=lambda stale: stale.since):
        if stale.since <= as_of:
            yield f"{stale.reason} (event {stale.event_id})"
