"""How do OpenFeature's clients ask for flags? By their own protocol, under this service's prefix as its base."""

from collections.abc import Iterator
from hashlib import sha256

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from tenure_rollout.api.common import Reader
from tenure_rollout.feed import RouteFeed
from tenure_rollout.names import Deployment
from tenure_rollout.ofrep import Context, Evaluated, Refused, context_of, evaluate
from tenure_rollout.world import KIND, deployment_of

MOST_FLAGS = 5_000
JSON = "application/json"
ASKS = {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}}

router = APIRouter()


@router.post("/ofrep/v1/evaluate/flags/{key:path}", openapi_extra=ASKS)
async def evaluate_flag(key: str, read: Reader) -> Response:
    """`model@environment` is the release that answers a targeting key; with `/flag` after it, a flag of its tuple."""
    try:
        context = context_of(await read.request.body())
    except Refused as refused:
        return _refusal(400, refused, key)
    deployment = Deployment(key.partition("/")[0])
    found = next((one for one in _of(read, deployment, context) if one.key == key), None)
    if found is None:
        return _refusal(404, Refused("FLAG_NOT_FOUND", f"there is no flag {key} now"), key)
    return Response(msgspec.json.encode(found), media_type=JSON)


@router.post("/ofrep/v1/evaluate/flags", openapi_extra=ASKS)
async def evaluate_flags(read: Reader) -> Response:
    """All flags for one targeting key; 304 where the caller has them already."""
    try:
        context = context_of(await read.request.body())
    except Refused as refused:
        return _refusal(400, refused, None)
    deployments = [Deployment(deployment_of(name)) for name in sorted(read.replica.streams(KIND))]
    flags = [flag for one in deployments for flag in _of(read, one, context)][:MOST_FLAGS]
    body = msgspec.json.encode({"flags": flags})
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    if read.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type=JSON, headers={"ETag": tag})


def _of(read: Reader, deployment: Deployment, context: Context) -> Iterator[Evaluated]:
    told = read.runtime.part(RouteFeed).newest(deployment)
    return evaluate(told.route, context) if told else iter(())


def _refusal(status: int, refused: Refused, key: str | None) -> Response:
    told = {"errorCode": refused.code, "errorDetails": refused.details}
    return Response(msgspec.json.encode(told | ({"key": key} if key else {})), status, media_type=JSON)
