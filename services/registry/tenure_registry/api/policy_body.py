"""A policy document, as people write it: in YAML or JSON."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from tenure_service import Body, Instant, Name

from tenure_registry.names import ApproverKind, EvidenceKind, Stage
from tenure_registry.policy.document import (
    ApprovalRequirement,
    EvidenceRequirement,
    PolicyDocument,
    Separated,
    Slices,
    Transition,
)

Limit = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]
Line = Annotated[str, Field(max_length=1_000)]
Tiers = Annotated[tuple[Name, ...], Field(max_length=20)]


class EvidenceBody(Body):
    """Evidence of a kind whose newest result passed; with a metric, that figure on the right side of its limits."""

    name: Name
    kind: EvidenceKind
    metric: Name | None = None
    at_least: Limit | None = None
    at_most: Limit | None = None
    slices: Slices = "overall"
    min_n: Annotated[int, Field(strict=True, ge=0, lt=2**63)] = 0
    max_age_days: Days | None = None
    tool: Line | None = None
    tiers: Tiers = ()
    applies_from: Instant | None = None
    waived: Line | None = None


class ApprovalBody(Body):
    """So many standing approvals by different principals of any of these kinds."""

    name: Name
    kinds: Annotated[tuple[ApproverKind, ...], Field(min_length=1, max_length=4)]
    count: Annotated[int, Field(strict=True, ge=1, le=20)] = 1
    max_age_days: Days | None = None
    tiers: Tiers = ()
    applies_from: Instant | None = None
    waived: Line | None = None


class TransitionBody(Body):
    """The way into a stage. Without `after`: from any stage before it, or from none."""

    stage: Name
    after: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    asked_by: Annotated[tuple[Literal["producer", "engineer", "operator", "approver", "admin"], ...], Field()] = ()
    evidence: Annotated[tuple[EvidenceBody, ...], Field(max_length=100)] = ()
    approvals: Annotated[tuple[ApprovalBody, ...], Field(max_length=20)] = ()


class PolicyBody(Body):
    """Transitions in the order of the stages. What changes something inherited is named in `overrides`."""

    title: Line
    extends: Name | None = None
    risk_tiers: Tiers = ()
    metrics: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    transitions: Annotated[tuple[TransitionBody, ...], Field(max_length=20)] = ()
    separation: Annotated[tuple[Separated, ...], Field(max_length=3)] = ()
    clean_up: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    retention_days: Days | None = None
    overrides: Annotated[tuple[Line, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def first_needs_askers(self) -> Self:
        if self.extends is None and (silent := [one.stage for one in self.transitions if not one.asked_by]):
            raise ValueError(f"asked_by of {', '.join(silent)} is missing, and nothing is inherited")
        return self


def document_of_body(body: PolicyBody) -> PolicyDocument:
    return PolicyDocument(
        title=body.title,
        extends=body.extends,
        risk_tiers=body.risk_tiers,
        metrics=body.metrics,
        transitions=tuple(transition_of(one) for one in body.transitions),
        separation=body.separation,
        clean_up=body.clean_up,
        retention_days=body.retention_days,
        overrides=body.overrides,
    )


def transition_of(body: TransitionBody) -> Transition:
    return Transition(
        stage=Stage(body.stage),
        after=tuple(Stage(stage) for stage in body.after),
        asked_by=body.asked_by,
        evidence=tuple(EvidenceRequirement(**dict(one)) for one in body.evidence),
        approvals=tuple(ApprovalRequirement(**dict(one)) for one in body.approvals),
    )
