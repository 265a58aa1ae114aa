"""The inbox's door for webhooks: no token, but a signature."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from tenure_service.headers import headers_of
from tenure_service.moment import runtime_of
from tenure_service.requests import encoded

from tenure_registry.inbox.desk import WebhookDesk

router = APIRouter()
SIGNED: dict[str, object] = {"security": []}


@router.post("/inbox/mlflow", status_code=200, openapi_extra=SIGNED)
async def receive_mlflow(request: Request, key: Annotated[str, Query(max_length=100)]) -> Response:
    """A webhook of MLflow, signed under the key's secret; answers with what became of it, refused or not."""
    runtime = runtime_of(request)
    runtime.demand_started()
    outcome = await runtime.part(WebhookDesk).mlflow(key, headers_of(request), await request.body())
    return Response(encoded(outcome), 200, media_type="application/json")
