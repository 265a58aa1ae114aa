"""Typed tags, as requests write them."""

from datetime import datetime
from typing import Annotated

import orjson
from pydantic import AwareDatetime, Field
from tenure_service import Body, Name

from tenure_registry.api.common import Asking, by
from tenure_registry.model.commands import ChangeTags
from tenure_registry.names import ModelVersion, TagKind
from tenure_registry.parts import Tag

Short = Annotated[str, Field(max_length=1_000)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
TagValue = bool | Whole | Annotated[float, Field(allow_inf_nan=False)] | AwareDatetime | Short


class NewTags(Body):
    """A JSON string that is an RFC 3339 instant is an instant."""

    tags: Annotated[dict[Name, TagValue], Field(max_length=100, default_factory=dict)]
    removed: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


def tagging(model_version: str | None, body: NewTags, asked: Asking) -> ChangeTags:
    return ChangeTags(
        model_version=ModelVersion(model_version) if model_version is not None else None,
        tags=tags_of(body),
        removed=body.removed,
        principal=by(asked),
        now=asked.now,
    )


def tags_of(body: NewTags) -> tuple[Tag, ...]:
    return tuple(Tag(key=key, kind=kind_of(value), value=written(value)) for key, value in sorted(body.tags.items()))


def kind_of(value: object) -> TagKind:
    match value:
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case datetime():
            return "instant"
        case _:
            return "text"


def written(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode().strip('"')
