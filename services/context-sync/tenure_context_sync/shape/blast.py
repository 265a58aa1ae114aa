"""Whom does a change of a source's schema hit: which contexts, which models' SLAs, which releases?"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tenure_context_sync.events import ContextHit, FieldChange, ReleaseHit, SlaHit
from tenure_context_sync.names import ContextName
from tenure_context_sync.shape.difference import breaks

Revision = tuple[ContextName, int]


class Reads(NamedTuple):
    """What one revision of a context reads of the source that changes."""

    context: ContextName
    revision: int
    fields: frozenset[str]


class BlastRadius(NamedTuple):
    contexts: tuple[ContextHit, ...]
    slas: tuple[SlaHit, ...]
    releases: tuple[ReleaseHit, ...]


def blast_radius(
    changes: Iterable[FieldChange],
    reads: Iterable[Reads],
    bound: Mapping[Revision, Iterable[SlaHit]],
    released: Mapping[Revision, Iterable[ReleaseHit]],
) -> BlastRadius:
    """Everything that reads a field which changed; what only gained a field hits nobody. Sorted by name."""
    touched = {change.field: breaks(change) for change in changes if change.kind != "added"}
    contexts = sorted((hit for one in reads if (hit := _hit(one, touched))), key=lambda c: (c.context, c.revision))
    revisions = [(hit.context, hit.revision) for hit in contexts]
    slas = {sla for revision in revisions for sla in bound.get(revision, ())}
    releases = {release for revision in revisions for release in released.get(revision, ())}
    return BlastRadius(
        contexts=tuple(contexts),
        slas=tuple(sorted(slas, key=lambda s: (s.model, s.model_version, s.context))),
        releases=tuple(sorted(releases, key=lambda r: (r.deployment, r.release))),
    )


def _hit(one: Reads, touched: Mapping[str, bool]) -> ContextHit | None:
    fields = tuple(sorted(one.fields & touched.keys()))
    if not fields:
        return None
    readable = not any(touched[name] for name in fields)
    return ContextHit(context=one.context, revision=one.revision, fields=fields, readable=readable)
