"""What do the registry's endpoints share?"""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Protocol

import orjson
from fastapi import Depends
from pydantic import Field
from tenure_eventlog.topics import CONTEXT_EVENTS, REGISTRY_EVENTS
from tenure_journal import Replica
from tenure_service import Mutation, Name, Principal, Read, mutates, reads

from tenure_registry.governance import document_of, rules_for
from tenure_registry.model.commands import Rules
from tenure_registry.names import Digest, PrincipalId
from tenure_registry.streams import family_stream

Digest256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
StageName = Name
Producer = Annotated[Mutation, Depends(mutates("engineer", "producer"))]
# For a consumer: who declared it, or an operator; the rule looks at who it is.
Speaker = Annotated[Mutation, Depends(mutates("engineer", "producer", "operator"))]
Engineer = Annotated[Mutation, Depends(mutates("engineer"))]
# Who may be named in a policy's `asked_by`; the rule of the stage looks at who it is.
Asker = Annotated[Mutation, Depends(mutates("engineer", "producer", "operator", "approver"))]
Decider = Annotated[Mutation, Depends(mutates("approver", "engineer", "operator"))]
Admin = Annotated[Mutation, Depends(mutates("admin"))]
Reader = Annotated[Read, Depends(reads())]


class Asking(Protocol):
    """What a command needs to know of how it came: by a request, or through the inbox."""

    @property
    def principal(self) -> Principal: ...

    @property
    def now(self) -> datetime: ...

    @property
    def replica(self) -> Replica: ...

    async def fresh(self, *topics: str) -> None:
        """Returns when these topics are read up to their ends as of now."""
        ...


def by(asked: Asking) -> PrincipalId:
    """Who asks: the stable id out of the token."""
    return PrincipalId(asked.principal.id)


def digest_of(content: bytes) -> Digest:
    return Digest("sha256:" + sha256(content).hexdigest())


def digest_of_json(value: object) -> Digest:
    """Over canonical JSON: keys sorted, no white space."""
    return digest_of(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


async def fresh_rules(mutation: Mutation, model: str) -> Rules:
    """What a gate leans on, none of it older than the request."""
    await mutation.fresh(REGISTRY_EVENTS.name, CONTEXT_EVENTS.name)
    return rules_for(mutation.replica, model)


async def unknown_of(asked: Asking, family: str | None, policy: str | None) -> str | None:
    """The first of the two that does not exist, as people call it."""
    await asked.fresh(REGISTRY_EVENTS.name)
    if family is not None and asked.replica.stream(family_stream(family)) is None:
        return f"family {family}"
    if policy is not None and document_of(asked.replica, policy) is None:
        return f"policy {policy}"
    return None
