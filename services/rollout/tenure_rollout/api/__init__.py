"""What can be asked of rollout over HTTP?"""

from fastapi import APIRouter

from tenure_rollout.api import actuators, deployments, freezes, judges, ofrep, releases, rollouts, routes

router = APIRouter()
for part in (releases, rollouts, judges, deployments, routes, ofrep, actuators, freezes):
    router.routes.extend(part.router.routes)  # flat, as the kernel wants to see them

READS = (*deployments.READS, *actuators.READS, *freezes.READS)
