"""What does somebody see who keeps contexts by the command line?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from tenure.cli import common
from tenure.cli.main import app
from tenure_service.server import bound
from typer.testing import CliRunner

from tests.integration.context_sync.desk import Desk
from tests.integration.context_sync.story import change

pytestmark = pytest.mark.postgres
GALES = """
source: observations
entity_key: [origin]
columns:
  gale: wind > 60
  wind: {expression: "round(wind, 1)", default: 0}
expectations:
  - {field: wind, rule: range, minimum: 0}
needs_approval: true
"""


@dataclass(frozen=True)
class Tenure:
    origin: str

    async def __call__(self, line: str, *more: object, by: str = "engineer") -> tuple[int, str]:
        env = {"TENURE_TOKEN": by, "TENURE_URL": self.origin}
        words = [*line.split(), *map(str, more)]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=env)
        return result.exit_code, result.output


@pytest.fixture
async def tenure(weather: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenure]:
    monkeypatch.setattr(common.console, "width", 240)
    async with serving(weather) as origin:
        yield Tenure(origin)


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[str]:
    with bound("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(desk.platform.app, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def test_a_context_is_written_in_yaml_published_approved_and_read(
    weather: Desk, tenure: Tenure, tmp_path: Path
) -> None:
    file = tmp_path / "gales.yaml"
    file.write_text(GALES)
    assert await tenure("contexts publish", file) == (0, "Context gales is published. (context/context/gales#1)\n")
    assert await tenure("contexts publish", file) == (0, "It was so already (context/context/gales#1)\n")
    assert "waiting" in (await tenure("contexts list"))[1]
    code, said = await tenure("contexts read gales 1 origin=JFK")
    assert (code, "not-approved" in said) == (1, True)
    assert (await tenure("contexts approve gales 1 --comment seen", by="officer"))[0] == 0
    await weather.fed(change("JFK", 61.25, lsn=1, seconds=10))
    await weather.settled(40)
    code, said = await tenure("contexts read gales 1 origin=JFK --json")
    [row] = json.loads(said)["rows"]
    assert (row["values"], row["verdict"]) == ({"origin": "JFK", "gale": True, "wind": 61.2}, "fresh")
    assert "30" in (await tenure("contexts read gales 1 origin=JFK origin=LGA"))[1]


async def test_a_revision_is_refused_with_a_reason(tenure: Tenure, tmp_path: Path) -> None:
    file = tmp_path / "gales.yaml"
    file.write_text(GALES)
    await tenure("contexts publish", file, "--name", "storms")
    code, said = await tenure("contexts refuse storms 1 --reason", "not this way", by="officer")
    assert (code, said) == (0, "Revision 1 of storms is refused. (context/context/storms#2)\n")


async def test_what_is_no_key_and_what_is_no_view_ends_with_a_line(tenure: Tenure, tmp_path: Path) -> None:
    file = tmp_path / "gales.yaml"
    file.write_text(GALES.replace("wind > 60", "wind ** 60"))
    code, said = await tenure("contexts publish", file)
    assert (code, said.startswith("expression-unreadable: "), said.count("\n")) == (1, True, 1)
    assert await tenure("contexts read weather 1 JFK") == (1, "JFK is no key: write FIELD=VALUE.\n")


async def test_the_schema_of_a_document_is_printed(tenure: Tenure) -> None:
    assert json.loads((await tenure("contexts schema"))[1])["title"] == "ContextDocument"


async def test_sources_are_listed_and_shown_with_their_state_and_age(weather: Desk, tenure: Tenure) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=10))
    await weather.settled(40)
    code, said = await tenure("sources list")
    assert (code, "unwatched" in said, " 30 " in said) == (0, True, True)
    [listed] = json.loads((await tenure("sources list --json"))[1])
    assert (listed["source"], listed["state"], listed["age_seconds"]) == ("observations", "unwatched", 30.0)
    shown = json.loads((await tenure("sources show observations --json"))[1])
    assert (shown["key"], shown["state"], shown["skew_seconds"]) == (["origin"], "unwatched", listed["skew_seconds"])


async def test_a_models_freshness_is_a_table_now_and_as_of_a_moment(weather: Desk, tenure: Tenure) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(61)
    code, said = await tenure("freshness delays")
    assert (code, "stale" in said, " 61 " in said, "observations" in said) == (0, True, True, True)
    code, said = await tenure("freshness delays --effective-at 2013-03-01T00:00:30Z")
    assert (code, "by event" in said, "fresh" in said, "stale" in said) == (0, True, True, False)
    code, said = await tenure("freshness delays --as-of 2100-01-01T00:00:00Z --json")
    assert (code, [one["breached"] for one in json.loads(said)]) == (0, [True])
