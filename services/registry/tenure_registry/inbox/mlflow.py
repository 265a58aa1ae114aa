"""What do MLflow's webhooks and records mean here?

Source: mlflow 3.17.2, mlflow/webhooks/delivery.py and types.py.
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec
import orjson
from tenure_service import Problem

from tenure_registry.inbox.asks import CHANGE_TAGS, CREATE_MODEL, MOVE_ALIAS, REGISTER_VERSION, Ask, Target, Wanted
from tenure_registry.inbox.errors import NotTaken
from tenure_registry.inbox.foreign_names import name_of

SIGNATURE, DELIVERY, TIMESTAMP = "x-mlflow-signature", "x-mlflow-delivery-id", "x-mlflow-timestamp"
# MLflow signs once and retries for about a minute; the tolerance is that of Standard Webhooks.
FRESH_FOR = timedelta(minutes=5)
DIGEST_TAG = "tenure.artifact_digest"
MOST_DESCRIPTION = 10_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What never changes of an MLflow version, and the tag that may name its bytes."""

    name: str
    version: str
    source: str = ""
    run_id: str | None = None
    tags: dict[str, str] = {}


class Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    alias: str
    version: str | None = None


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str
    key: str
    value: str | None = None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """`data` is read when it is known what it is of."""

    entity: str
    action: str
    timestamp: str
    data: msgspec.Raw


def check(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The delivery's id, if the body is signed and was lately. Raises Problem 401."""
    delivery, sent = headers.get(DELIVERY, ""), headers.get(TIMESTAMP, "")
    covered = f"{delivery}.{sent}.".encode() + body
    made = "v1," + base64.b64encode(hmac.new(secret.encode(), covered, sha256).digest()).decode()
    if not delivery or not hmac.compare_digest(made.encode(), headers.get(SIGNATURE, "").encode()):
        raise Problem(401, "signature-invalid", f"{SIGNATURE} is not that of this key over this delivery")
    if not re.fullmatch(r"[0-9]{1,12}", sent) or abs(now.timestamp() - int(sent)) > FRESH_FOR.total_seconds():
        raise Problem(401, "signature-too-old", f"{TIMESTAMP} is more than 5 minutes off")
    return delivery


def read_webhook(body: bytes) -> Webhook:
    """Raises NotTaken."""
    try:
        return msgspec.json.decode(body, type=Webhook)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotTaken("the body is not a webhook of MLflow") from None


def wanted_of(webhook: Webhook) -> Wanted:
    """Raises NotTaken."""
    kind = f"{webhook.entity}.{webhook.action}"
    if (read := READERS.get(kind)) is None:
        raise NotTaken(f"{kind} is not taken here; what is: {', '.join(READERS)}")
    try:
        return read(webhook.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotTaken(f"the data is not that of {kind}") from None


def model_body(model: Model) -> dict[str, object]:
    return {"model": name_of(model.name), "description": (model.description or "")[:MOST_DESCRIPTION]}


def version_body(version: Version) -> dict[str, object]:
    """An artifact where a tag names its digest. Else its declaration: a digest that covers no bytes would be a lie."""
    run = {"tracker": "mlflow", "run": version.run_id} if version.run_id else None
    body: dict[str, object] = {"model_version": name_of(version.version), "run": run}
    if _DIGEST.fullmatch(given := version.tags.get(DIGEST_TAG, "")):
        return body | {"artifact_digest": given, "locators": [purl(version)]}
    declared = {"source": version.source, "run": version.run_id or ""}
    hosted = {"provider": "mlflow", "model_id": f"models:/{version.name}/{version.version}", "parameters": declared}
    return body | {"hosted": hosted}


def purl(version: Version) -> str:
    """Source: package-url, type mlflow."""
    return f"pkg:mlflow/{quote(version.name, safe='')}@{quote(version.version, safe='')}"


def tags_body(tags: Mapping[str, str]) -> dict[str, object]:
    return {"tags": {name_of(key): value for key, value in tags.items()}}


def _created(raw: msgspec.Raw) -> Wanted:
    model = msgspec.json.decode(raw, type=Model)
    return _wanted(CREATE_MODEL, Target(model=name_of(model.name)), model_body(model))


def _registered(raw: msgspec.Raw) -> Wanted:
    version = msgspec.json.decode(raw, type=Version)
    return _wanted(REGISTER_VERSION, Target(model=name_of(version.name)), version_body(version))


def _moved(raw: msgspec.Raw) -> Wanted:
    moved = msgspec.json.decode(raw, type=Moved)
    target = Target(model=name_of(moved.name), alias=name_of(moved.alias))
    return _wanted(MOVE_ALIAS, target, {"model_version": name_of(moved.version) if moved.version else None})


def _tagged(raw: msgspec.Raw) -> Wanted:
    tagged = msgspec.json.decode(raw, type=Tagged)
    body = tags_body({tagged.key: tagged.value}) if tagged.value is not None else {"removed": [name_of(tagged.key)]}
    return _wanted(CHANGE_TAGS, Target(model=name_of(tagged.name), model_version=name_of(tagged.version)), body)


def _wanted(ask: Ask[Any], target: Target, body: object) -> Wanted:
    return Wanted(target=target, ask=ask, data=orjson.dumps(body))


READERS: Mapping[str, Callable[[msgspec.Raw], Wanted]] = {
    "registered_model.created": _created,
    "model_version.created": _registered,
    "model_version_alias.created": _moved,
    "model_version_alias.deleted": _moved,
    "model_version_tag.set": _tagged,
    "model_version_tag.deleted": _tagged,
}
