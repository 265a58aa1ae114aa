"""What must be granted on the brokers, what of it is missing, and what is granted too much?

Denials are left alone: they only take away, and whom one hits is told `NotPermitted`.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from tenure_eventlog.rights import RIGHTS, SERVICES, Rights
from tenure_eventlog.topics import ALL_TOPICS

EVERY = "*"
EVERYBODY = "User:*"


class Resource(IntEnum):
    """Source: Kafka's org.apache.kafka.common.resource.ResourceType."""

    ANY = 1
    TOPIC = 2
    GROUP = 3


class Pattern(IntEnum):
    """Source: Kafka's org.apache.kafka.common.resource.PatternType."""

    ANY = 1
    LITERAL = 3
    PREFIXED = 4


class Operation(IntEnum):
    """What may be done to topics and groups. Source: Kafka's org.apache.kafka.common.acl.AclOperation."""

    ANY = 1
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11


# Who may delete or alter a topic can cut its end off, which is as wrong as a forged record.
CHANGING = (Operation.ALL, Operation.WRITE, Operation.DELETE, Operation.ALTER, Operation.ALTER_CONFIGS)


class Grant(NamedTuple):
    """Who may do what to which topic or group; to all whose names begin with `name` where the pattern is PREFIXED."""

    principal: str
    operation: Operation
    resource: Resource
    name: str
    pattern: Pattern = Pattern.LITERAL
    host: str = EVERY

    @property
    def place(self) -> str:
        """`tenure.routes`, or `crm.*`."""
        return self.name + EVERY if self.pattern is Pattern.PREFIXED else self.name

    @property
    def verb(self) -> str:
        """`read`, `describe configs`, `do anything`."""
        return "do anything" if self.operation is Operation.ALL else self.operation.name.lower().replace("_", " ")


def grants_of(principals: Mapping[str, tuple[str, ...]], sources: Sequence[str] = ()) -> list[Grant]:
    """What must be granted. `sources` are change topics that context-sync reads; `crm.*` is all that begin so."""
    declared = [
        grant
        for role, rights in RIGHTS.items()
        for principal in principals[role]
        for grant in _granted(principal, rights, checks_settings=role in SERVICES)
    ]
    return declared + [_source(principal, name) for principal in principals["context-sync"] for name in sources]


def _granted(principal: str, rights: Rights, *, checks_settings: bool) -> Iterator[Grant]:
    for spec in rights.writes:
        yield Grant(principal, Operation.WRITE, Resource.TOPIC, spec.name)
    for spec in rights.reads:
        yield Grant(principal, Operation.READ, Resource.TOPIC, spec.name)
    for spec in dict.fromkeys((*rights.writes, *rights.reads)) if checks_settings else ():
        yield Grant(principal, Operation.DESCRIBE_CONFIGS, Resource.TOPIC, spec.name)
    for group in rights.groups:
        yield Grant(principal, Operation.READ, Resource.GROUP, group)


def _source(principal: str, name: str) -> Grant:
    if name.endswith(EVERY) and name != EVERY:
        return Grant(principal, Operation.READ, Resource.TOPIC, name.removesuffix(EVERY), Pattern.PREFIXED)
    return Grant(principal, Operation.READ, Resource.TOPIC, name)


def missing(declared: Sequence[Grant], found: Sequence[Grant]) -> list[Grant]:
    """The declared grants that no found one includes."""
    return [grant for grant in declared if not any(_includes(held, grant) for held in found)]


def excess(declared: Sequence[Grant], found: Sequence[Grant], admins: Sequence[str]) -> list[tuple[str, Grant]]:
    """Each declared topic with a grant by which somebody may change it who is neither declared nor an admin."""
    return [
        (spec.name, held)
        for held in found
        if held.operation in CHANGING and held.principal not in admins
        for spec in ALL_TOPICS
        if _reaches(held, Resource.TOPIC, spec.name)
        and Grant(held.principal, held.operation, Resource.TOPIC, spec.name) not in declared
    ]


def _includes(held: Grant, wanted: Grant) -> bool:
    return (
        _reaches(held, wanted.resource, wanted.name, wanted.pattern)
        and held.principal in (wanted.principal, EVERYBODY)
        and held.operation in (wanted.operation, Operation.ALL)
        and held.host == EVERY
    )


def _reaches(held: Grant, resource: Resource, name: str, pattern: Pattern = Pattern.LITERAL) -> bool:
    if held.resource is not resource:
        return False
    if held.pattern is Pattern.PREFIXED:
        return name.startswith(held.name)
    return held.name == EVERY or (held.name, held.pattern) == (name, pattern)
