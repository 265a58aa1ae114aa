"""What does a policy say?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tenure_registry.names import ApproverKind, EvidenceKind, Stage

Slices = Literal["overall", "each"]
Separated = Literal["author", "requester", "evidence_recorder"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRequirement:
    """Evidence of a kind whose newest result passed, and a figure of it on the right side of a limit.

    With `slices` each slice must be there too. An empty `tiers` means every risk tier. `waived` is the reason why an
    inherited requirement does not hold here. Before `applies_from` it asks for nothing.
    """

    name: str
    kind: EvidenceKind
    metric: str | None
    at_least: float | None
    at_most: float | None
    slices: Slices
    min_n: int
    max_age_days: int | None
    tool: str | None
    tiers: tuple[str, ...]
    applies_from: datetime | None
    waived: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRequirement:
    """So many standing approvals by principals of any of these kinds."""

    name: str
    kinds: tuple[ApproverKind, ...]
    count: int
    max_age_days: int | None
    tiers: tuple[str, ...]
    applies_from: datetime | None
    waived: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """The way into a stage: from which stages, asked for by which roles, and what it takes.

    `after` names stages; an empty one means any that lies before it in the policy's order, or none yet.
    """

    stage: Stage
    after: tuple[Stage, ...]
    asked_by: tuple[str, ...]
    evidence: tuple[EvidenceRequirement, ...]
    approvals: tuple[ApprovalRequirement, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyDocument:
    """One policy as it was written. `transitions` are in the order of the stages.

    What is inherited from `extends` may be added to; what changes it must be named in `overrides`:
    `transitions.production.after`, `transitions.production.evidence.quality`, `separation`, `clean_up`.
    """

    title: str
    extends: str | None
    risk_tiers: tuple[str, ...]
    metrics: tuple[str, ...]
    transitions: tuple[Transition, ...]
    separation: tuple[Separated, ...]
    clean_up: tuple[str, ...]
    retention_days: int | None
    overrides: tuple[str, ...]
