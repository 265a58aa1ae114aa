"""What a user meets who starts the platform: an owner, an origin, a log to verify, one owner of a directory."""

import httpx

from tests.e2e.running import Start, tenure


async def test_the_platform_starts_with_an_owner_and_keeps_what_it_was_told(start: Start) -> None:
    run = await start()
    assert (run.directory / "owner-token").stat().st_mode & 0o777 == 0o600
    async with run.client() as client:
        receipt = await client.post("/registry/v1/models", {"model": "delays"}, key="first")
        assert (receipt["stream"], receipt["sequence"]) == ("registry/model/delays", 1)
    run.process.terminate()
    await run.process.wait()
    async with (await start()).client() as client:
        again = await client.post("/registry/v1/models", {"model": "delays"}, key="first")
    assert again == receipt


async def test_nobody_gets_in_without_a_token(start: Start) -> None:
    run = await start()
    async with httpx.AsyncClient(base_url=run.origin) as stranger:
        answer = await stranger.post("/registry/v1/models", json={"model": "m"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenure:problem:unauthenticated")


async def test_a_second_owner_of_the_directory_is_refused_in_one_line(start: Start) -> None:
    run = await start()
    second = await tenure("up", "--dir", str(run.directory), "--port", "0")
    said, _ = await second.communicate()
    assert second.returncode == 1
    assert said.decode().startswith("AlreadyOwned: ")
    assert "Traceback" not in said.decode()


async def test_the_command_line_verifies_the_log_of_a_running_platform_and_rebuilds_it(start: Start) -> None:
    run = await start()
    async with run.client() as client:
        await client.post("/registry/v1/models", {"model": "delays"})
    about = {"TENURE_HOME": str(run.directory), "TENURE_URL": run.origin}
    for arguments, word in (
        (("log", "verify"), "1 records"),
        (("log", "heads"), "registry/model/delays 1 "),
        (("log", "cat"), "model-created"),
        (("log", "orphans"), "verdict"),
        (("rebuild", "--check"), "registry: 1 events, equal"),
        (("topics", "check"), "as declared"),
        (("models", "list"), "delays"),
        (("models", "history", "delays"), "ModelCreated"),
        (("policies", "templates"), "credit-decision"),
        (("monitors", "declare", "delays", "--metric", "brier"), "delays is watched"),
        (("monitors", "list"), "brier"),
        (("tokens", "list"), "owner"),
        (("access", "report"), "registry.model-created"),
    ):
        process = await tenure(*arguments, **about)
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        assert word in said.decode(), arguments
