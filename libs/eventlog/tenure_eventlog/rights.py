"""Who may write and read which topics?

The brokers' access lists are made out of this page, so that no service's code can widen its own rights. `producer`,
`subscriber` and `auditor` are roles of those outside; `admin` is who runs `tenure topics` without being a super user of
the brokers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tenure_eventlog.topics import (
    ACCESS,
    ALL_TOPICS,
    CONTEXT_EVENTS,
    INBOX,
    INBOX_OUTCOMES,
    LIFECYCLE,
    MONITOR_EVENTS,
    OUTCOMES,
    PREDICTIONS,
    PROBE,
    PUBLIC_CDEVENTS,
    PUBLIC_EVENTS,
    QUARANTINE,
    REGISTRY_EVENTS,
    ROLLOUT_EVENTS,
    ROUTES,
    WINDOWS,
    TopicSpec,
)


class PrincipalsUnreadable(ValueError):
    """Principals are given as `role=Type:name`, with `;` in between."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """`groups` are the consumer groups that it may join. A service also sees its topics' settings, to check them."""

    writes: tuple[TopicSpec, ...] = ()
    reads: tuple[TopicSpec, ...] = ()
    groups: tuple[str, ...] = ()


def _service(*, writes: tuple[TopicSpec, ...], reads: tuple[TopicSpec, ...], groups: tuple[str, ...] = ()) -> Rights:
    return Rights(writes=(*writes, ACCESS, PROBE), reads=(*reads, PROBE), groups=groups)


SERVICES: Mapping[str, Rights] = {
    "registry": _service(
        writes=(REGISTRY_EVENTS, INBOX_OUTCOMES, QUARANTINE),
        reads=(REGISTRY_EVENTS, CONTEXT_EVENTS, ROLLOUT_EVENTS, MONITOR_EVENTS, INBOX, INBOX_OUTCOMES),
    ),
    "context-sync": _service(
        writes=(CONTEXT_EVENTS, QUARANTINE),
        reads=(CONTEXT_EVENTS, ROLLOUT_EVENTS),
        groups=("context-sync.changes",),
    ),
    "monitor": _service(
        writes=(MONITOR_EVENTS, PREDICTIONS, OUTCOMES, WINDOWS),
        reads=(MONITOR_EVENTS, PREDICTIONS, OUTCOMES),
        groups=("monitor.telemetry",),
    ),
    "rollout": _service(
        writes=(ROLLOUT_EVENTS, ROUTES),
        reads=(ROLLOUT_EVENTS, REGISTRY_EVENTS, CONTEXT_EVENTS, MONITOR_EVENTS, ROUTES, WINDOWS),
    ),
    "dispatch": _service(writes=(PUBLIC_EVENTS, PUBLIC_CDEVENTS), reads=LIFECYCLE),
}
OUTSIDERS: Mapping[str, Rights] = {
    "producer": Rights(writes=(PREDICTIONS, OUTCOMES, INBOX), reads=(INBOX_OUTCOMES,)),
    "subscriber": Rights(reads=(PUBLIC_EVENTS, PUBLIC_CDEVENTS)),
    "auditor": Rights(reads=ALL_TOPICS),
    "admin": Rights(),
}
RIGHTS: Mapping[str, Rights] = {**SERVICES, **OUTSIDERS}


def principals_of(text: str) -> Mapping[str, tuple[str, ...]]:
    """Each role's principals, by default `User:tenure-<role>`; a role that is named twice has both.

    Raises PrincipalsUnreadable.
    """
    given: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        role, _, principal = entry.partition("=")
        kind, _, name = principal.partition(":")
        if role not in RIGHTS:
            raise PrincipalsUnreadable(f"{entry!r}: there is no role {role!r}; the roles are {', '.join(RIGHTS)}")
        if not (kind and name) or name == "*":
            raise PrincipalsUnreadable(f"{entry!r}: a principal is one `Type:name`, such as User:tenure-{role}")
        given[role] = (*given.get(role, ()), principal)
    return {role: given.get(role, (f"User:tenure-{role}",)) for role in RIGHTS}
