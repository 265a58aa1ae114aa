"""Who may write what is on one page; the names of those who may are the operator's."""

import pytest
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_eventlog.rights import RIGHTS, SERVICES, PrincipalsUnreadable, principals_of
from tenure_eventlog.topics import ALL_TOPICS, LIFECYCLE
from tenure_monitor.processor import TelemetryProcessor


@pytest.mark.parametrize("spec", LIFECYCLE, ids=lambda spec: str(spec.name))
def test_a_lifecycle_topic_has_one_writer(spec: object) -> None:
    assert len([role for role, rights in RIGHTS.items() if spec in rights.writes]) == 1


def test_an_auditor_may_read_every_topic_and_write_none() -> None:
    assert (RIGHTS["auditor"].reads, RIGHTS["auditor"].writes) == (ALL_TOPICS, ())


def test_a_service_may_join_the_groups_of_its_processors() -> None:
    found = {role: rights.groups for role, rights in SERVICES.items() if rights.groups}
    assert found == {"context-sync": (ChangeProcessor.name,), "monitor": (TelemetryProcessor.name,)}


def test_a_role_that_is_not_named_has_its_default_principal() -> None:
    assert principals_of("")["context-sync"] == ("User:tenure-context-sync",)


def test_a_principal_may_be_a_distinguished_name() -> None:
    assert principals_of("registry=User:CN=registry,O=Acme")["registry"] == ("User:CN=registry,O=Acme",)


def test_a_role_that_is_named_twice_has_both_principals() -> None:
    assert principals_of("producer=User:ci; producer=User:training;")["producer"] == ("User:ci", "User:training")


@pytest.mark.parametrize(
    "text", ["registy=User:a", "registry", "registry=a", "registry=User:", "registry=User:*", "=:"]
)
def test_principals_that_mean_nothing_or_everybody_are_refused(text: str) -> None:
    with pytest.raises(PrincipalsUnreadable, match=r"User:|the roles are"):
        principals_of(text)
