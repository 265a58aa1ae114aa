"""Can the API be read about where there is no internet?"""

import re

import httpx
import pytest


async def demand_offline(http: httpx.AsyncClient) -> None:
    page = await http.get("docs")
    assert page.status_code == 200
    assert re.findall(r"(?:https?:)?//[^\s\"'<>]+", page.text) == []
    sources = page.headers["content-security-policy"].replace(";", "").split()
    assert {s for s in sources if s.startswith("'") or ":" in s} == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text) + re.findall(r"url: '([^']+)'", page.text)
    assert sorted(named) == [
        "docs/static/favicon.png",
        "docs/static/swagger-ui-bundle.js",
        "docs/static/swagger-ui.css",
        "openapi.json",
    ]
    assert [(await http.get(path)).status_code for path in named] == [200] * 4


async def test_a_services_documentation_names_no_foreign_origin_and_has_all_it_names(
    service: httpx.AsyncClient,
) -> None:
    await demand_offline(service)


async def test_so_does_the_origins(whole: httpx.AsyncClient) -> None:
    await demand_offline(whole)


@pytest.mark.parametrize("path", ["docs/static/../core.py", "docs/static/%2e%2e/core.py", "docs/static/nothing.js"])
async def test_only_the_viewers_own_files_are_served(whole: httpx.AsyncClient, path: str) -> None:
    assert (await whole.get(path)).status_code == 404
