"""Do the brokers let everybody do what is declared, and nobody more?"""

import asyncio
from collections.abc import Sequence

from aiokafka.errors import NoError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from tenure_eventlog.kafka_admin import FORBIDDEN, Admin, administering
from tenure_eventlog.kafka_grants import Grant, Operation, Pattern, Resource, excess, missing
from tenure_eventlog.kafka_settings import KafkaSettings
from tenure_eventlog.port import LogUnavailable, NotPermitted

SPREAD_SECONDS = 30
ALLOW = 3


class NoAuthorizer(Exception):
    """The brokers have no authorizer (`authorizer.class.name`): whoever reaches them may write anything."""

    def __str__(self) -> str:
        return str(type(self).__doc__)


async def apply(settings: KafkaSettings, declared: Sequence[Grant]) -> None:
    """Grants what is missing and takes nothing away. Raises NoAuthorizer, NotPermitted, LogUnavailable."""
    async with administering(settings) as admin:
        for grant in missing(declared, await _found(admin)):
            await _create(admin, grant)
        async with asyncio.timeout(SPREAD_SECONDS):
            while missing(declared, await _found(admin)):  # noqa: ASYNC110 - the controller tells the brokers in its time
                await asyncio.sleep(0.05)


async def differences(settings: KafkaSettings, declared: Sequence[Grant], admins: Sequence[str]) -> list[str]:
    """One sentence for each grant that is missing, and for each that lets anybody else change a declared topic.

    Raises NoAuthorizer, NotPermitted, LogUnavailable.
    """
    async with administering(settings) as admin:
        found = await _found(admin)
    return [f"{grant.place}: {grant.principal} may not {grant.verb}" for grant in missing(declared, found)] + [
        f"{topic}: {held.principal} may {held.verb} by a grant on {held.place}, which is not declared"
        for topic, held in excess(declared, found, admins)
    ]


async def _found(admin: Admin) -> list[Grant]:
    """All that anybody is allowed to do to topics and groups."""
    answer = await admin.ask(DescribeAclsRequest(Resource.ANY, None, Pattern.ANY, None, None, Operation.ANY, ALLOW))
    _demand_done(answer.error_code, answer.error_message, "show what is granted")
    return [
        Grant(principal, Operation(operation), Resource(resource), name, Pattern(pattern), host)
        for resource, name, pattern, entries in answer.resources
        if resource in (Resource.TOPIC, Resource.GROUP)
        for principal, host, operation, _ in entries
    ]


async def _create(admin: Admin, grant: Grant) -> None:
    answer = await admin.ask(
        CreateAclsRequest(
            grant.resource, grant.name, grant.pattern, grant.principal, grant.host, grant.operation, ALLOW
        )
    )
    for code, reason in answer.creation_responses:
        _demand_done(code, reason, f"let {grant.principal} {grant.verb} {grant.place}")


def _demand_done(code: int, reason: str | None, what: str) -> None:
    failure = for_code(code)
    if failure is SecurityDisabled:
        raise NoAuthorizer
    if issubclass(failure, FORBIDDEN):
        raise NotPermitted(f"this principal may not {what}: a super user may, or who may alter the cluster")
    if failure is not NoError:
        raise LogUnavailable(f"the brokers do not {what}: {failure.__name__}: {reason}")
