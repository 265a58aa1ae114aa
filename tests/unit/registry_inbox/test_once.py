"""Does a command take effect once, whoever reads the inbox, how often, and whatever is lost?"""

import asyncio
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest
from tenure_eventlog import LogUnavailable, Message, Partition
from tenure_eventlog.topics import INBOX, INBOX_OUTCOMES
from tenure_registry.app import definition
from tenure_registry.inbox.follower import InboxFollower
from tenure_registry.inbox.outcomes import Settled
from tenure_registry.inbox.signing import sign
from tenure_service import ServiceSettings, open_platform

from tests.unit.registry_inbox.post import VERSION, Post, post_over

P0 = Partition(INBOX.name, 0)
REGISTERING = ("register-version", "models/delays", VERSION)


async def events(post: Post) -> list[str]:
    return [type(event).__name__ for _, event in await post.desk.runtime.replica.events("registry/model/delays")]


async def test_a_record_that_is_sent_again_changes_nothing_and_has_the_same_outcome(post: Post) -> None:
    first = await post.send(*REGISTERING, id="one")
    again = await post.send(*REGISTERING, id="one")
    assert (again.verdict, again.event_id, again.sequence) == ("accepted", first.event_id, first.sequence)
    assert await events(post) == ["ModelCreated", "VersionRegistered"]


async def test_a_refusal_that_was_kept_is_told_again_though_it_would_be_accepted_today(post: Post) -> None:
    moving = ("move-alias", "models/delays/aliases/champion", {"model_version": "v1"})
    first = await post.send(*moving, id="early")
    await post.send(*REGISTERING)
    again = await post.send(*moving, id="early")
    assert (first.verdict, again.verdict, again.event_id) == ("refused", "refused", first.event_id)
    assert (await post.send(*moving, id="later")).verdict == "accepted"


async def test_two_principals_may_use_the_same_id(post: Post) -> None:
    await post.send(*REGISTERING, id="one")
    other = ("declare-consumer", "models/delays", {"consumer": "c"})
    assert (await post.send(*other, id="one", by=post.key_of("author"))).verdict == "accepted"


def signed_message(post: Post, number: int) -> Message:
    value = orjson.dumps(VERSION | {"model_version": f"v{number}"})
    headers = sign(post.key, post.secret, post.headers("register-version", "models/delays"), value)
    return Message(INBOX.name, b"k", value, headers, 0)


async def test_two_registries_over_one_log_let_each_command_take_effect_once(post: Post, tmp_path: Path) -> None:
    settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json")
    async with open_platform(settings, [definition()], event_log=post.log, authenticator=post.desk.tokens) as second:
        offsets = await post.log.append([signed_message(post, number) for number in range(30)])
        outcomes = [await post.outcome(0, offset) for offset in offsets]
        await second.runtimes["registry"].part(InboxFollower).wait_for({P0: offsets[-1] + 1})
        await post.desk.runtime.part(InboxFollower).wait_for({P0: offsets[-1] + 1})
    assert {outcome.verdict for outcome in outcomes} == {"accepted"}
    assert await events(post) == ["ModelCreated", *["VersionRegistered"] * 30]


async def test_a_start_goes_on_after_the_outcomes_and_does_what_came_meanwhile(post: Post, tmp_path: Path) -> None:
    follower = post.desk.runtime.part(InboxFollower)
    await post.log.append([signed_message(post, 0)])
    await follower.wait_for({P0: 1})
    await follower.stop()
    await post.log.append([signed_message(post, 1)])
    settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json")
    async with open_platform(settings, [definition()], event_log=post.log, authenticator=post.desk.tokens) as second:
        await second.runtimes["registry"].part(InboxFollower).wait_for({P0: 2})
    assert len(await post.all_of(INBOX_OUTCOMES.name)) == 2
    await post.desk.runtime.replica.catch_up()
    assert await events(post) == ["ModelCreated", *["VersionRegistered"] * 2]


async def test_killed_between_event_and_outcome_the_outcome_is_told_by_the_next_start(post: Post) -> None:
    follower = post.desk.runtime.part(InboxFollower)
    append, lost = post.log.append, asyncio.Event()

    async def die_at_the_outcome(messages: list[Message]) -> list[int]:
        if messages[0].topic == INBOX_OUTCOMES.name:
            lost.set()
            await asyncio.Event().wait()
        return await append(messages)

    with patch.object(post.log, "append", die_at_the_outcome):
        await append([signed_message(post, 0)])
        await lost.wait()
        await follower.stop()
    assert await post.all_of(INBOX_OUTCOMES.name) == []
    assert await events(post) == ["ModelCreated", "VersionRegistered"]
    await follower.start()
    assert (await post.outcome(0, 0)).verdict == "accepted"
    assert await events(post) == ["ModelCreated", "VersionRegistered"]


async def test_without_its_outcomes_the_inbox_is_read_anew_and_they_are_told_as_before(tmp_path: Path) -> None:
    """As if `tenure.outcomes` had been lost: a registry over a log that has all but these."""
    async with post_over(tmp_path / "one") as post:
        before = [await post.send(*REGISTERING), await post.send("move-alias", "models/delays/aliases/a", {})]
        follower = post.desk.runtime.part(InboxFollower)
        await follower.stop()
        follower._settled = Settled()  # what a start without outcomes knows
        with patch.object(follower._published, "read", nothing):
            await follower.start()
            await follower.wait_for({P0: 2})
        told = [await post.outcome(0, offset) for offset in (0, 1)]
        assert [(o.verdict, o.event_id, o.rule) for o in told] == [(o.verdict, o.event_id, o.rule) for o in before]
        assert len(await post.all_of(INBOX_OUTCOMES.name)) == 4
        assert await events(post) == ["ModelCreated", "VersionRegistered", "InboxCommandRefused"]


async def nothing() -> None:
    return None


async def test_while_the_log_is_away_the_follower_says_so_and_goes_on_when_it_is_back(post: Post) -> None:
    follower, append, away = post.desk.runtime.part(InboxFollower), post.log.append, asyncio.Event()

    async def no_outcomes(messages: list[Message]) -> list[int]:
        if messages[0].topic == INBOX_OUTCOMES.name:
            away.set()
            raise LogUnavailable("away")
        return await append(messages)

    with patch.object(post.log, "append", no_outcomes):
        [offset] = await append([signed_message(post, 0)])
        await away.wait()
        async with asyncio.timeout(20):
            while follower.trouble is None:
                await asyncio.sleep(0)
        assert "inbox: away" in post.desk.runtime.reasons()
    assert (await post.outcome(0, offset)).verdict == "accepted"
    assert (await post.send(*REGISTERING)).verdict == "accepted"
    assert follower.trouble is None


async def test_a_bug_in_one_command_is_told_and_the_next_one_is_taken(post: Post) -> None:
    with patch("tenure_registry.inbox.asks.registration", side_effect=ZeroDivisionError):
        outcome = await post.send(*REGISTERING)
    assert (outcome.verdict, outcome.detail) == ("unreadable", "it could not be looked at: ZeroDivisionError")
    assert (await post.send(*REGISTERING)).verdict == "accepted"


def test_settled_is_all_below_the_mark_and_some_above() -> None:
    settled = Settled()
    settled.begin({P0: 3})
    for offset in (5, 3, 8):
        settled.add(P0, offset)
    assert settled.marks == {P0: 4}
    assert [offset for offset in range(10) if settled.has(P0, offset)] == [0, 1, 2, 3, 5, 8]
    settled.passed(P0, 5)
    assert settled.marks == {P0: 6}


@pytest.mark.parametrize("late", [0, 2])
def test_what_the_mark_has_passed_is_not_kept(late: int) -> None:
    settled = Settled()
    settled.passed(P0, 4)
    settled.add(P0, late)
    assert settled.marks == {P0: 4}
