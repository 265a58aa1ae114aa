"""What can be asked of the registry over HTTP?"""

from fastapi import APIRouter

from tenure_registry.api import (
    approvals,
    consumers,
    endings,
    evidence,
    families,
    history,
    lineage,
    models,
    obligations,
    policies,
    prompts,
    search,
    serving,
    stages,
    versions,
)

router = APIRouter()
COMMANDED = (
    models,
    versions,
    evidence,
    approvals,
    stages,
    consumers,
    endings,
    families,
    policies,
    prompts,
    obligations,
)
ASKED = (history, lineage, search, serving)
for part in (*COMMANDED, *ASKED):
    router.routes.extend(part.router.routes)  # flat, as the kernel wants to see them

READS = (*models.READS, *versions.READS, *evidence.READS, *families.READS, *policies.READS, *prompts.READS)
