"""All that can be asked of dispatch over HTTP."""

from fastapi import APIRouter

from tenure_dispatch.api import deliveries, listen, subscriptions

router = APIRouter()
for part in (subscriptions, deliveries, listen):
    router.routes.extend(part.router.routes)  # flat, as the kernel wants to see them
