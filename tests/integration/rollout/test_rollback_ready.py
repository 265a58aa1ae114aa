"""Could the release before be put back now, and who hears of it when not?"""

from tests.integration.rollout.stage import DELAYS, Stage

BUCKET, DISK = "s3://models/delays-1.pkl", "file:///models/delays-1.pkl"


async def looked_for(stage: Stage, locator: str, outcome: str) -> None:
    """Somebody read the place where version 1 should be, and this came of it."""
    body = {"locator": locator, "outcome": outcome, "detail": "read again"}
    await stage.done("/registry/v1/models/delays/versions/1/locators", body, "engineer")
    await stage.settled()


async def unready(stage: Stage) -> tuple[list[str], str]:
    """Why not, and what the alarm's gauge says."""
    text = (await stage.ask("GET", "/rollout/v1/metrics")).text
    [gauge] = [line for line in text.splitlines() if line.startswith("tenure_rollbacks_unready{")]
    return (await stage.got(DELAYS))["rollback_unready"], gauge.split()[-1]


async def test_a_release_whose_artifact_is_in_none_of_its_places_could_not_be_put_back(stage: Stage) -> None:
    await stage.canary()
    assert await unready(stage) == ([], "0.0")
    await looked_for(stage, BUCKET, "verified")
    await looked_for(stage, DISK, "unverified")
    assert await unready(stage) == ([], "0.0")
    await looked_for(stage, BUCKET, "differs")
    assert await unready(stage) == (
        [f"the artifact of version 1 is in none of its places: {DISK}, {BUCKET}"],
        "1.0",
    )
    await looked_for(stage, DISK, "verified")
    assert await unready(stage) == ([], "0.0")
    assert [name for name in await stage.story() if "Readiness" in name] == [
        "RollbackReadinessLost",
        "RollbackReadinessRestored",
    ]


async def test_a_rollback_goes_through_all_the_same(stage: Stage) -> None:
    await stage.canary()
    await looked_for(stage, BUCKET, "differs")
    await stage.done(f"{DELAYS}/rollback", {"reason": "it looks wrong"})
    await stage.settled()
    assert (await stage.got(f"{DELAYS}/route"))["arms"][0]["release"] == "r1"
