"""What does a flag come to for somebody, by the route of now? Flags are ours: a deployment's release, and its flags.

Source: OpenFeature Remote Evaluation Protocol 0.2, openfeature.dev/specification/appendix-c.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from tenure_routing import Arm, Route, assign

ErrorCode = Literal["FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "PARSE_ERROR", "GENERAL"]
Reason = Literal["STATIC", "SPLIT", "TARGETING_MATCH"]
FlagValue = str | bool | int | float


class Context(NamedTuple):
    """Who asks: the key that his share is found by, and what his request carries, as a header's route looks at it."""

    key: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`variant` is the release, whose tuple `metadata` has."""

    key: str
    value: FlagValue
    reason: Reason
    variant: str
    metadata: Mapping[str, FlagValue]


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """In the protocol's words."""

    code: ErrorCode
    details: str


def context_of(body: bytes) -> Context:
    """Raises Refused."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("PARSE_ERROR", "the body is no JSON") from None
    context = found.get("context") if isinstance(found, dict) else None
    if not isinstance(context, dict):
        raise Refused("INVALID_CONTEXT", "the body is an object whose `context` is one too")
    key = context.get("targetingKey")
    if not isinstance(key, str) or not key:
        raise Refused("TARGETING_KEY_MISSING", "`context.targetingKey` says by whom the share is found: a text")
    return Context(key, {name: value for name, value in context.items() if isinstance(value, str)})


def evaluate(route: Route, context: Context) -> Iterator[Evaluated]:
    """The deployment's own flag, whose value is the release, and one for each flag of that release.

    Nothing where nothing serves.
    """
    if not route.arms:
        return
    arm = assign(route, context.key, context.headers)
    reason, metadata = _reason(route, arm, context), _metadata(route, arm)
    yield Evaluated(route.deployment, arm.release, reason, arm.release, metadata)
    for name, text in sorted(arm.flags.items()):
        yield Evaluated(f"{route.deployment}/{name}", value_of(text), reason, arm.release, metadata)


def value_of(text: str) -> FlagValue:
    """A flag's text that reads as a boolean or a number of JSON is one, since clients ask for a type."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, bool | int | float) else text


def _reason(route: Route, arm: Arm, context: Context) -> Reason:
    if assign(replace(route, headers=()), context.key) != arm:
        return "TARGETING_MATCH"
    return "SPLIT" if sum(1 for one in route.arms if one.weight_percent) > 1 else "STATIC"


def _metadata(route: Route, arm: Arm) -> Mapping[str, FlagValue]:
    contexts = {f"context.{name}": revision for name, revision in sorted(arm.contexts.items())}
    prompt = {"prompt": arm.prompt} if arm.prompt else {}
    return {"release": arm.release, "modelVersion": arm.model_version, "epoch": route.epoch, **prompt, **contexts}
