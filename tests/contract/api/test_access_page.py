"""Does the page on access say what the code demands, for every request and every setting?"""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from tenure.services import all_definitions
from tenure_service import mutates
from tenure_service.requests import READERS
from tenure_service.settings import OidcSettings
from tenure_service.system import router as system_router
from tenure_service.system import voids
from tenure_service.tokens import KINDS, ROLES

PAGE = Path(__file__).parents[3] / "docs" / "access.md"
ORIGIN = "| `PUT /clock` | admin |"  # the origin's own; its test is test_origin.py's


def demanded(route: APIRoute) -> Sequence[str] | None:
    """The roles that one of its dependencies was made with; None where nothing is demanded."""
    for dependency in route.dependant.dependencies:
        made = dependency.call
        if inspect.isfunction(made) and made.__module__ == mutates.__module__:
            return inspect.getclosurevars(made).nonlocals["roles"] or READERS
    return None


def guarded(router: APIRouter, prefix: str) -> Iterator[tuple[str, Sequence[str] | None]]:
    for route in router.routes:
        assert isinstance(route, APIRoute)
        for method in sorted(route.methods):
            yield f"{method} {prefix}{route.path}", demanded(route)


def requests() -> list[tuple[str, Sequence[str] | None]]:
    own = [found for d in all_definitions() for found in guarded(d.router, d.prefix)]
    read = [(f"GET {d.prefix}{one.path}", one.roles) for d in all_definitions() for one in d.reads]
    return [*own, *read, *guarded(system_router, "{service}"), *guarded(voids, "{service}")]


def test_only_health_is_told_to_strangers_and_a_webhook_shows_a_signature_instead_of_a_token() -> None:
    assert {name for name, roles in requests() if roles is None} == {
        "POST /registry/v1/inbox/mlflow",
        *(f"GET {{service}}/{path}" for path in ("healthz", "readyz", "metrics")),
    }


def test_every_request_that_not_every_reader_may_make_is_on_the_page_with_its_roles() -> None:
    there = set(re.findall(r"^\| `(?:GET|POST|PUT|DELETE|PATCH) .*$", PAGE.read_text(), re.MULTILINE))
    limited = [(name, roles) for name, roles in requests() if roles and roles != READERS]
    needed = {ORIGIN} | {f"| `{name}` | {', '.join(roles)} |" for name, roles in limited}
    assert not needed - there, "the page lacks these rows"
    assert not there - needed, "the page has rows that the code does not know"


def test_every_read_that_is_noted_is_on_the_page() -> None:
    noted = {f"- `GET {d.prefix}{one.path}`" for d in all_definitions() for one in d.reads if one.sensitive}
    assert noted == {line for line in PAGE.read_text().splitlines() if line.startswith("- `GET ")}


@pytest.mark.parametrize("name", [*ROLES, *KINDS])
def test_every_role_and_every_kind_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text()


def test_every_setting_of_the_issuer_is_on_the_page_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `TENURE_OIDC_([A-Z_]+)` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE))
    expected = {}
    for name, value in OidcSettings().model_dump().items():
        text = ",".join(value) if isinstance(value, tuple) else value
        expected[name.upper()] = "none" if text is None else str(text)
    assert rows == expected
