"""What can be asked of the registry over HTTP?"""

from fastapi import APIRouter

from tenure_registry.api import (
    approvals,
    endings,
    evidence,
    families,
    history,
    models,
    policies,
    prompts,
    search,
    serving,
    stages,
    versions,
)

router = APIRouter()
for part in (
    models,
    versions,
    evidence,
    approvals,
    stages,
    endings,
    families,
    policies,
    prompts,
    history,
    serving,
    search,
):
    router.routes.extend(part.router.routes)  # flat, as the kernel wants to see them

READS = (*models.READS, *versions.READS, *evidence.READS, *families.READS, *policies.READS, *prompts.READS)
