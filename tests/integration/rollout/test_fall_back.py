"""What does a release do whose context is too old, if its binding says to fall back?"""

from tenure_context_sync.names import OnBreach

from tests.integration.rollout.stage import CANARY, DELAYS, Stage, rollout


async def with_weather(stage: Stage, on_breach: OnBreach) -> None:
    """Version 1 serves and reads nothing; version 2 has the first step of its canary, and reads the weather."""
    await stage.serving()
    await stage.in_production("2")
    await stage.bound(on_breach)
    await stage.settled()
    weather = [{"context": "weather", "revision": 1}]
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2", "contexts": weather})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
    await stage.settled()


async def shares(stage: Stage) -> dict[str, float]:
    await stage.settled()
    return {arm["release"]: arm["weight_percent"] for arm in (await stage.got(f"{DELAYS}/route"))["arms"]}


async def test_a_breach_moves_the_whole_tuple_back_where_its_binding_says_to_fall_back(stage: Stage) -> None:
    await with_weather(stage, "fall_back")
    assert await shares(stage) == {"r2": 5.0, "r1": 95.0}
    await stage.breached()
    assert await shares(stage) == {"r1": 100.0}
    assert (await stage.story())[-2:] == ["RolloutAborted", "RouteChanged"]


async def test_a_champion_falls_back_too_and_stays_back_when_the_context_is_fresh_again(stage: Stage) -> None:
    await with_weather(stage, "fall_back")
    await stage.done(f"{DELAYS}/rollouts/canary/promote", None)
    assert await shares(stage) == {"r2": 100.0}
    await stage.breached()
    assert await shares(stage) == {"r1": 100.0}
    await stage.restored()
    assert await shares(stage) == {"r1": 100.0}


async def test_another_answer_to_a_breach_moves_nothing(stage: Stage) -> None:
    await with_weather(stage, "alert")
    await stage.breached()
    assert await shares(stage) == {"r2": 5.0, "r1": 95.0}
