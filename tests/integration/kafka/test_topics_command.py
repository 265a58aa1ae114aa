"""What does the admin see of who may do what?"""

import pytest
from tenure.cli import main
from typer.testing import CliRunner

from tests.integration.kafka.conftest import Topics
from tests.integration.kafka.secured import SecuredBroker

pytestmark = pytest.mark.kafka


def test_what_was_applied_is_as_declared_and_may_be_applied_again(secured: SecuredBroker, topics: Topics) -> None:
    for command in ("check", "apply", "check"):
        done = topics(command)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "All grants are as declared." in done.stdout


def test_a_missing_grant_and_one_too_many_are_told_with_whose_they_are(secured: SecuredBroker, topics: Topics) -> None:
    """As if the registry's principal had got another name, and its old one could still write."""
    done = topics("check", "--principals", "registry=User:renamed")
    assert done.exit_code == 1
    assert "tenure.registry.events: User:renamed may not write\n" in done.stdout
    told = "tenure.registry.events: User:tenure-registry may write by a grant on tenure.registry.events, which is not"
    assert told in done.stdout
    assert "User:tenure-rollout" not in done.stdout


def test_change_topics_are_granted_by_their_names_or_how_these_begin(secured: SecuredBroker, topics: Topics) -> None:
    named = ("--sources", "crm.*;erp.orders")
    assert "crm.*: User:tenure-context-sync may not read\nerp.orders: User:tenure" in topics("check", *named).stdout
    assert topics("apply", *named).exit_code == 0
    assert topics("check", *named).exit_code == 0


def test_who_may_not_grant_is_told_so_in_one_line(secured: SecuredBroker, topics: Topics) -> None:
    done = topics("apply", user="tenure-registry")
    assert (done.exit_code, done.stderr.split(":")[0]) == (1, "NotPermitted")


def test_principals_that_mean_nothing_are_refused_before_anything_is_done(topics: Topics) -> None:
    done = topics("apply", "--principals", "registy=User:x")
    assert done.exit_code == 2
    assert "there is no role 'registy'" in done.stderr


def test_brokers_without_an_authorizer_are_told_of(kafka: str) -> None:
    done = CliRunner().invoke(main.app, ["topics", "apply"], env={"TENURE_LOG": f"kafka://{kafka}"})
    assert done.exit_code == 0
    assert "No grants: The brokers have no authorizer" in done.stdout
