"""`tenure up` with an issuer in its environment lets in who comes with the issuer's token."""

import json
from pathlib import Path

from tenure.client import AsyncClient
from tenure.cluster import free_port
from tenure.demo.platforms import ready

from tests.e2e.running import tenure
from tests.unit.service.issuer import AUDIENCE, local_issuer


async def told(*arguments: str, **environment: str) -> tuple[int | None, str]:
    process = await tenure(*arguments, **environment)
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_an_issuers_token_opens_and_the_report_says_what_was_done_with_it(home: Path) -> None:
    port = free_port()
    async with local_issuer() as issuer:
        about = {"TENURE_OIDC_ISSUER": issuer.url, "TENURE_OIDC_AUDIENCE": AUDIENCE, "TENURE_HOME": str(home)}
        process = await tenure("up", "--dir", str(home), "--port", str(port), **about)
        try:
            await ready(f"http://127.0.0.1:{port}", process)
            async with AsyncClient(f"http://127.0.0.1:{port}", issuer.token()) as client:
                await client.post("/registry/v1/models", {"model": "delays"})
            status, said = await told("access", "report", "--json", **about)
            assert status == 0, said
            [one] = [p for p in json.loads(said)["principals"] if p["principal"].startswith("oidc:")]
            assert (one["accepted"], one["name"]) == ({"registry.model-created": 1}, None)
        finally:
            process.terminate()
            await process.wait()


async def test_an_issuer_without_an_audience_is_refused_in_one_line(home: Path) -> None:
    about = {"TENURE_OIDC_ISSUER": "https://issuer.example", "TENURE_HOME": str(home)}
    status, said = await told("up", "--dir", str(home), "--port", "0", **about)
    assert status == 1
    assert said.startswith("SettingsWrong: ")
    assert "set TENURE_OIDC_AUDIENCE" in said
    assert "Traceback" not in said
