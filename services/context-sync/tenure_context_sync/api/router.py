"""All routes of context-sync together."""

from fastapi import APIRouter
from tenure_service import add_quarantine

from tenure_context_sync.api import bindings, contexts, reads, schemas, snapshots, sources, subjects

PARTS = (sources, schemas, contexts, reads, bindings, snapshots, subjects)
router = APIRouter()
for part in PARTS:
    router.routes.extend(part.router.routes)  # flat, as the kernel wants to see them
add_quarantine(router)
READS = (*sources.READS, *schemas.READS, *contexts.READS, *snapshots.READS, *subjects.READS)
