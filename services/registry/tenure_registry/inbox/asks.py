"""Which command does an incoming event ask for? The API's bodies, and the API's rights."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from tenure_service import Name, Problem
from tenure_service.tokens import Role

from tenure_registry.api.common import Asking
from tenure_registry.api.consumers import NewConsumer, declaring
from tenure_registry.api.endings import NewDeprecation, deprecating
from tenure_registry.api.evidence import NewEvidence, recording
from tenure_registry.api.models import NewAlias, NewModel, creation, moving
from tenure_registry.api.tags import NewTags, tagging
from tenure_registry.api.versions import NewVersion, registration
from tenure_registry.inbox.cloudevent import Incoming
from tenure_registry.inbox.errors import NotTaken
from tenure_registry.model.commands import ModelCommand

COMMANDS = "dev.tenure.command."
ENGINEER: tuple[Role, ...] = ("engineer",)
PRODUCER: tuple[Role, ...] = ("engineer", "producer")
MOST_FAULTS = 5

Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a command is for, as the path of the API's request would name it."""

    model: str
    model_version: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Ask(Generic[Given]):
    """A command that the inbox takes: its body is the API's. `names` is the part of the target that it needs."""

    body: type[Given]
    roles: tuple[Role, ...]
    command: Callable[[Target, Given, Asking], Awaitable[ModelCommand]]
    names: str | None = None

    async def made(self, target: Target, data: bytes, asked: Asking) -> ModelCommand:
        """Raises Problem 422 where the data is no such body, 403 where the principal lacks the role."""
        if not asked.principal.may(*self.roles):
            raise Problem(403, "role-missing", f"this needs one of the roles {', '.join(self.roles)}")
        try:
            body = self.body.model_validate_json(data)
        except ValidationError as wrong:
            raise Problem(422, "invalid-request", _faults(wrong)) from None
        return await self.command(target, body, asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The command of an incoming event; `data` is the API's body as JSON."""

    target: Target
    ask: Ask[Any]
    data: bytes


async def _create(target: Target, body: NewModel, asked: Asking) -> ModelCommand:
    if body.model != target.model:
        raise Problem(422, "invalid-request", f"the subject names {target.model}, the data {body.model}")
    return await creation(body, asked)


async def _register(target: Target, body: NewVersion, asked: Asking) -> ModelCommand:
    return registration(body, asked)


async def _record(target: Target, body: NewEvidence, asked: Asking) -> ModelCommand:
    return recording(_version(target), body, asked)


async def _tag(target: Target, body: NewTags, asked: Asking) -> ModelCommand:
    return tagging(target.model_version, body, asked)


async def _move(target: Target, body: NewAlias, asked: Asking) -> ModelCommand:
    assert target.alias is not None
    return moving(target.alias, body, asked)


async def _declare(target: Target, body: NewConsumer, asked: Asking) -> ModelCommand:
    return declaring(body, asked)


async def _deprecate(target: Target, body: NewDeprecation, asked: Asking) -> ModelCommand:
    return deprecating(_version(target), body, asked)


def _version(target: Target) -> str:
    assert target.model_version is not None
    return target.model_version


CREATE_MODEL = Ask(NewModel, ENGINEER, _create)
REGISTER_VERSION = Ask(NewVersion, PRODUCER, _register)
CHANGE_TAGS = Ask(NewTags, ENGINEER, _tag)
MOVE_ALIAS = Ask(NewAlias, ENGINEER, _move, "alias")
ASKS: Mapping[str, Ask[Any]] = {
    "create-model": CREATE_MODEL,
    "register-version": REGISTER_VERSION,
    "record-evidence": Ask(NewEvidence, PRODUCER, _record, "model_version"),
    "change-tags": CHANGE_TAGS,
    "move-alias": MOVE_ALIAS,
    "declare-consumer": Ask(NewConsumer, PRODUCER, _declare),
    "deprecate-version": Ask(NewDeprecation, ENGINEER, _deprecate, "model_version"),
}
_SUBJECT = re.compile(r"models/(?P<model>[^/]+)(/versions/(?P<model_version>[^/]+)|/aliases/(?P<alias>[^/]+))?")
_NAME = TypeAdapter[str](Name)


def wanted_of(event: Incoming) -> Wanted:
    """Of one of Tenure's own types. Raises NotTaken."""
    name = event.type.removeprefix(COMMANDS).removesuffix(".v1")
    ask = ASKS.get(name)
    if ask is None or event.type != f"{COMMANDS}{name}.v1":
        taken = ", ".join(f"{COMMANDS}{one}.v1" for one in ASKS)
        raise NotTaken(f"type {event.type!r} is not taken here; approvals never are. What is: {taken}")
    target = target_of(event.subject)
    if ask.names and getattr(target, ask.names) is None:
        raise NotTaken(f"the subject of {name} has to name the {ask.names}: {event.subject!r} does not")
    return Wanted(target=target, ask=ask, data=event.data)


def target_of(subject: str) -> Target:
    """`models/M`, `models/M/versions/V` or `models/M/aliases/A`, as below /registry/v1. Raises NotTaken."""
    found = _SUBJECT.fullmatch(subject)
    if found is None or not all(named(part) for part in found.groupdict().values() if part is not None):
        raise NotTaken(f"subject {subject!r} is not models/M, models/M/versions/V or models/M/aliases/A")
    return Target(**found.groupdict())


def named(text: str) -> bool:
    """Whether it is a name as Tenure has them."""
    try:
        _NAME.validate_python(text)
    except ValidationError:
        return False
    return True


def command_digest(event: Incoming) -> str:
    """Covers what is asked, not when or how it was sent: a retry has the same."""
    whole = sha256(b"tenure/inbox-command/1\n")
    for part in (event.type.encode(), event.subject.encode(), event.data):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _faults(wrong: ValidationError) -> str:
    """Fields and reasons; never what was given, which may be anything."""
    faults = wrong.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'data'}: {one['msg']}" for one in faults[:MOST_FAULTS])
