"""What does a reader see of contexts and bindings?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_context_sync.binding.state import Bindings, Bound
from tenure_context_sync.context.state import Revision, Revisions, Standing
from tenure_context_sync.events import Sla, View
from tenure_context_sync.freshness.model import BudgetView, budget_view


@dataclass(frozen=True, slots=True)
class BoundView:
    context: str
    model_version: str
    revision: int
    sla: Sla
    breached: bool
    budget: BudgetView | None


def bindings_view(bindings: Bindings, now: datetime) -> list[BoundView]:
    """By version, then context."""
    places = sorted(bindings)
    return [bound_view(bindings[place], now) for place in places]


def bound_view(bound: Bound, now: datetime) -> BoundView:
    breached, budget = None in bound.breached, budget_view(bound, now)
    return BoundView(bound.context, bound.model_version, bound.revision, bound.sla, breached, budget)


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionView:
    """A revision as it was published, and how it stands."""

    context: str
    revision: int
    standing: Standing
    source: str
    entity_key: tuple[str, ...]
    fields: tuple[str, ...]
    view: View
    needs_approval: bool
    published_by: str
    published_at: datetime
    approved_by: str | None


def revision_view(revision: Revision) -> RevisionView:
    said = revision.published
    return RevisionView(
        context=said.context,
        revision=said.revision,
        standing=revision.standing,
        source=said.source,
        entity_key=said.entity_key,
        fields=said.fields,
        view=said.view,
        needs_approval=said.needs_approval,
        published_by=said.published_by,
        published_at=said.published_at,
        approved_by=revision.approved_by,
    )


def revisions_view(revisions: Revisions) -> list[RevisionView]:
    return [revision_view(revision) for _, revision in sorted(revisions.items())]


def context_view(stream: str, revisions: Revisions) -> dict[str, object]:
    """A context in a listing."""
    state = {number: revision_view(revision) for number, revision in sorted(revisions.items())}
    return {"name": stream.split("/", 2)[2], "state": state}
