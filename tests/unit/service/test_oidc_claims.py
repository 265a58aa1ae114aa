"""Whom does a verified token stand for?"""

from typing import Any

import pytest
from tenure_service.oidc_claims import Claims, principal_of
from tenure_service.settings import OidcSettings

ISSUER = "https://issuer.example/realms/airline"
ADA = {"iss": ISSUER, "sub": "ada@example.com"}


def settings(**more: str) -> OidcSettings:
    return OidcSettings(issuer=ISSUER, audience="tenure", **more)


def roles(claims: Claims, **more: str) -> list[str]:
    return sorted(principal_of({**ADA, **claims}, settings(**more)).roles)


def test_roles_are_a_list_or_words() -> None:
    assert roles({"tenure_roles": ["engineer", "viewer"]}) == ["engineer", "viewer"]
    assert roles({"tenure_roles": "engineer viewer"}) == ["engineer", "viewer"]


def test_roles_that_tenure_does_not_know_are_left_out() -> None:
    assert roles({"tenure_roles": ["engineer", "Engineer", "root", 7, None]}) == ["engineer"]


@pytest.mark.parametrize("claims", [{}, {"tenure_roles": []}, {"tenure_roles": {"admin": True}}, {"tenure_roles": 1}])
def test_without_readable_roles_a_principal_may_nothing(claims: dict[str, Any]) -> None:
    assert roles(claims) == []


def test_roles_are_found_by_path_as_keycloak_has_them() -> None:
    claims = {"realm_access": {"roles": ["auditor"]}, "resource_access": {"tenure": {"roles": ["operator"]}}}
    assert roles(claims, roles_claim="realm_access.roles") == ["auditor"]
    assert roles(claims, roles_claim="resource_access.tenure.roles") == ["operator"]
    assert roles(claims, roles_claim="resource_access.other.roles") == []
    assert roles({"realm_access": "roles"}, roles_claim="realm_access.roles") == []


def test_a_claim_that_is_named_by_an_address_is_no_path() -> None:
    name = "https://tenure.example.com/roles"
    assert roles({name: ["viewer"]}, roles_claim=name) == ["viewer"]


@pytest.mark.parametrize(
    ("held", "kinds", "kind"),
    [
        ("approver", "risk", "risk"),
        ("approver", ["security"], "security"),
        ("approver", ["risk", "security"], None),
        ("approver", "finance", None),
        ("approver", None, None),
        ("engineer", "risk", None),
    ],
)
def test_an_approver_has_one_kind_and_nobody_else_has_any(held: str, kinds: object, kind: str | None) -> None:
    claims = {**ADA, "tenure_roles": [held], "tenure_kind": kinds}
    assert principal_of(claims, settings()).kind == kind


@pytest.mark.parametrize(
    ("claimed", "families"),
    [
        (["flights", "fares"], {"flights", "fares"}),
        ("flights", {"flights"}),
        ([], set()),
        ({"flights": True}, set()),
        (None, None),
    ],
)
def test_families_limit_and_what_can_not_be_read_limits_to_none(claimed: object, families: set[str] | None) -> None:
    claims = {**ADA, "tenure_roles": ["engineer"], "tenure_families": claimed}
    assert principal_of(claims, settings()).families == families


@pytest.mark.parametrize(
    ("claims", "auth_type"),
    [
        ({"azp": "console"}, "user"),
        ({"azp": "console", "preferred_username": "ada"}, "user"),
        ({"sub": "ci", "client_id": "ci"}, "service_account"),
        ({"sub": "ci@clients", "azp": "ci"}, "service_account"),
        ({"sub": "f3a1", "azp": "ci", "preferred_username": "service-account-ci"}, "service_account"),
        ({"azp": ["console"], "preferred_username": ["ada"]}, "user"),
    ],
)
def test_a_client_that_acts_for_itself_is_a_service_account(claims: dict[str, Any], auth_type: str) -> None:
    assert principal_of({**ADA, **claims}, settings()).auth_type == auth_type


def test_the_same_subject_of_another_issuer_is_somebody_else() -> None:
    mine, other = principal_of(ADA, settings()), principal_of({**ADA, "iss": "https://other.example"}, settings())
    assert mine.id != other.id


def test_the_log_may_keep_the_principals_id_for_ever() -> None:
    """Frozen: another way to make ids would make strangers of everybody, and authors their own approvers."""
    assert principal_of(ADA, settings()).id == "oidc:066cc97283b6280030d65a02f448137f"
