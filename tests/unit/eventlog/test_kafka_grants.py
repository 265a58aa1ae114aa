"""What is missing of the declared grants, and what is granted too much?"""

from typing import Any

import pytest
from tenure_eventlog.kafka_grants import Grant, Operation, Pattern, Resource, excess, grants_of, missing
from tenure_eventlog.rights import SERVICES, principals_of
from tenure_eventlog.topics import ALL_TOPICS

DECLARED = grants_of(principals_of(""))
ADMINS = ("User:ops",)


def topic(principal: str, operation: Operation, name: str, **more: Any) -> Grant:
    return Grant(principal, operation, Resource.TOPIC, name, **more)


ROUTES_WRITE = topic("User:tenure-rollout", Operation.WRITE, "tenure.routes")


def test_a_service_may_write_its_own_topics_and_no_others() -> None:
    written = {grant.name for grant in DECLARED if grant[:2] == ("User:tenure-rollout", Operation.WRITE)}
    assert written == {"tenure.rollout.events", "tenure.routes", "tenure.access", "tenure.probe"}


def test_a_producer_may_write_the_inbox_and_read_what_became_of_it_but_no_lifecycle_topic() -> None:
    granted = {grant[1:4:2] for grant in DECLARED if grant.principal == "User:tenure-producer"}
    assert {name for operation, name in granted if operation is Operation.WRITE} == {
        "tenure.inbox",
        "tenure.telemetry.predictions",
        "tenure.telemetry.outcomes",
    }
    assert {name for operation, name in granted if operation is Operation.READ} == {"tenure.outcomes"}


def test_a_service_may_see_the_settings_that_it_checks_and_an_outsider_need_not() -> None:
    seers = {grant.principal for grant in DECLARED if grant.operation is Operation.DESCRIBE_CONFIGS}
    assert seers == {f"User:tenure-{service}" for service in SERVICES}


def test_context_sync_may_read_the_change_topics_that_are_named() -> None:
    found = grants_of(principals_of(""), ["crm.*", "erp.orders"])[len(DECLARED) :]
    assert found == [
        topic("User:tenure-context-sync", Operation.READ, "crm.", pattern=Pattern.PREFIXED),
        topic("User:tenure-context-sync", Operation.READ, "erp.orders"),
    ]


def test_what_is_granted_as_declared_is_neither_missing_nor_excess() -> None:
    assert (missing(DECLARED, DECLARED), excess(DECLARED, DECLARED, ADMINS)) == ([], [])


@pytest.mark.parametrize(
    ("held", "enough"),
    [
        (topic("User:tenure-rollout", Operation.ALL, "tenure.routes"), True),
        (topic("User:tenure-rollout", Operation.WRITE, "tenure.", pattern=Pattern.PREFIXED), True),
        (topic("User:tenure-rollout", Operation.WRITE, "*"), True),
        (topic("User:*", Operation.WRITE, "tenure.routes"), True),
        (topic("User:tenure-rollout", Operation.READ, "tenure.routes"), False),
        (topic("User:tenure-rollout", Operation.WRITE, "tenure.routes", host="10.0.0.7"), False),
        (topic("User:tenure-rollout", Operation.WRITE, "tenure."), False),
        (topic("User:tenure-registry", Operation.WRITE, "tenure.routes"), False),
        (Grant("User:tenure-rollout", Operation.WRITE, Resource.GROUP, "tenure.routes"), False),
    ],
)
def test_a_grant_is_missing_where_nothing_that_is_held_includes_it(held: Grant, enough: bool) -> None:
    assert missing([ROUTES_WRITE], [held]) == ([] if enough else [ROUTES_WRITE])


def test_a_grant_on_one_topic_is_not_one_on_all_that_begin_like_it() -> None:
    [wanted] = grants_of(principals_of(""), ["crm.*"])[len(DECLARED) :]
    assert missing([wanted], [topic(wanted.principal, Operation.READ, "crm.")]) == [wanted]


@pytest.mark.parametrize(
    "held",
    [
        topic("User:tenure-registry", Operation.WRITE, "tenure.routes"),
        topic("User:tenure-rollout", Operation.ALL, "tenure.routes"),
        topic("User:tenure-rollout", Operation.DELETE, "tenure.routes"),
        topic("User:*", Operation.WRITE, "tenure.routes"),
        topic("User:tenure-registry", Operation.WRITE, "tenure.rout", pattern=Pattern.PREFIXED),
        topic("User:tenure-registry", Operation.WRITE, "tenure.routes", host="10.0.0.7"),
    ],
)
def test_whoever_else_may_change_a_topic_is_one_too_many(held: Grant) -> None:
    assert excess(DECLARED, [*DECLARED, held], ADMINS) == [("tenure.routes", held)]


@pytest.mark.parametrize(
    "held",
    [
        topic("User:ops", Operation.ALL, "tenure.", pattern=Pattern.PREFIXED),
        topic("User:tenure-registry", Operation.READ, "tenure.routes"),
        topic("User:tenure-registry", Operation.WRITE, "crm.customers"),
    ],
)
def test_an_admin_a_reader_and_another_topics_writer_are_nobodys_business(held: Grant) -> None:
    assert excess(DECLARED, [*DECLARED, held], ADMINS) == []


def test_a_grant_on_everything_is_named_for_every_topic_that_it_opens_beyond_the_declared() -> None:
    held = topic("User:tenure-monitor", Operation.WRITE, "*")
    own = {spec.name for spec in SERVICES["monitor"].writes}
    assert {name for name, _ in excess(DECLARED, [held], ADMINS)} == {spec.name for spec in ALL_TOPICS} - own
