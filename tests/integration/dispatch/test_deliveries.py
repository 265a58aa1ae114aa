"""A subscriber gets what was accepted: signed, in order per stream, from where it wants, whatever its receiver does."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import WebhookVerificationError
from tenure_dispatch.cursors import place
from tenure_dispatch.names import webhook
from tenure_eventlog.topics import MONITOR_EVENTS

from tests.integration.dispatch.post import Post
from tests.integration.dispatch.receiver import Answer, Delivery, Receiver, receiving, status, take

DECLARED = "dev.tenure.monitor.monitor-declared.v1"


async def test_a_subscriber_from_the_beginning_gets_what_happened_before_and_after(
    post: Post, receiver: Receiver
) -> None:
    before = await post.happen("a", "b")
    secret = await post.subscribe("ci", receiver.url)
    after = await post.happen("c")
    await receiver.until(lambda: len(receiver.ids) == 3)
    assert set(receiver.ids) == {*before, *after}
    assert all(one.verified_by(secret) for one in receiver.taken)


async def test_a_subscriber_from_now_on_gets_only_what_happens_then(post: Post, receiver: Receiver) -> None:
    await post.happen("a", "b")
    await post.subscribe("ci", receiver.url, start="now")
    after = await post.happen("c")
    await receiver.until(lambda: bool(receiver.ids))
    assert receiver.ids == after


async def test_a_delivery_is_a_cloud_event_that_the_sdk_reads(post: Post, receiver: Receiver) -> None:
    [event_id] = await post.happen("a")
    await post.subscribe("ci", receiver.url)
    await receiver.until(lambda: bool(receiver.taken))
    [delivery] = receiver.taken
    assert (delivery.headers["content-type"], delivery.headers["host"]) == (
        "application/cloudevents+json",
        f"127.0.0.1:{receiver.port}",
    )
    event = from_structured_event(HTTPMessage(delivery.headers, delivery.body), JSONFormat())
    assert (event.get_id(), event.get_type(), event.get_subject()) == (event_id, DECLARED, "monitor/monitor/a")
    assert event.get_extension("sequence") == "0000000000000000001"
    assert event.get_data()["metrics"] == ["brier"]
    assert delivery.id == event_id


async def test_a_subscriber_gets_only_the_types_and_streams_that_it_wants(post: Post, receiver: Receiver) -> None:
    await post.happen("other")
    wanted = await post.happen("mine")
    await post.subscribe("none", receiver.url, types=["dev.tenure.rollout.*"])
    await post.subscribe("mine", receiver.url, types=["dev.tenure.monitor.*"], streams=["monitor/monitor/m*"])
    await receiver.until(lambda: bool(receiver.ids))
    ends = await post.ends()
    await until_read(post, "none", sum(ends.values()))
    assert receiver.ids == wanted


async def until_read(post: Post, name: str, records: int) -> None:
    """So many records were looked at for the subscription."""
    while sum((await post.show(name))["offsets"].values()) < records:
        await post.dispatcher.deliveries.look()


def failing_first(times: int, answer: bytes | None) -> Answer:
    """The first tries are answered so; the others are taken."""
    left = [times]

    def decide(delivery: Delivery) -> bytes | None:
        left[0] -= 1
        return answer if left[0] >= 0 else take(delivery)

    return decide


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (status(500), "it answered 500"),
        (status(400), "it answered 400"),
        (status(302, "location: http://127.0.0.1:1/"), "it answered 302"),
        (b"", "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "RemoteProtocolError"),
    ],
    ids=["broken", "refusing", "redirecting", "hanging up", "no HTTP"],
)
async def test_what_fails_is_tried_again_under_the_same_id_until_it_is_taken(
    post: Post, answer: bytes, failure: str
) -> None:
    async with receiving(failing_first(2, answer)) as receiver:
        await post.subscribe("ci", receiver.url)
        ids = await post.happen("a")
        await receiver.until(lambda: bool(receiver.taken))
    assert [one.id for one in receiver.tries] == ids * 3


async def test_a_receiver_that_never_answers_is_given_up_and_holds_nobody_else_up(
    post: Post, receiver: Receiver
) -> None:
    async with receiving(lambda delivery: None) as hanging:
        await post.subscribe("hanging", hanging.url)
        await post.subscribe("ci", receiver.url)
        ids = await post.happen("a", "b", "c")
        await receiver.until(lambda: len(receiver.ids) == 3)
        assert set(receiver.ids) == set(ids)
        assert not hanging.taken


async def test_after_the_last_try_an_event_is_a_dead_letter_and_the_next_ones_are_delivered(post: Post) -> None:
    def refuses_a(delivery: Delivery) -> bytes:
        return status(422) if delivery.event["subject"] == "monitor/monitor/a" else take(delivery)

    async with receiving(refuses_a) as receiver:
        await post.subscribe("ci", receiver.url)
        [dead], alive = await post.happen("a"), await post.happen("b", "c", "d", "e")
        await receiver.until(lambda: len(receiver.ids) == 4)
        letters = await dead_letters(post, 1)
        assert set(receiver.ids) == set(alive)
        assert [(one["event"], one["attempts"], one["failure"]) for one in letters] == [(dead, 3, "it answered 422")]

        receiver.answer = take
        await post.change("ci", "dead-letters/redeliver", {"events": [dead]})
        await receiver.until(lambda: dead in receiver.ids)
        assert await dead_letters(post, 0) == []


async def dead_letters(post: Post, count: int) -> list[dict[str, object]]:
    """As soon as there are so many."""
    while True:
        found = (await post.ask("GET", "/dispatch/v1/subscriptions/ci/dead-letters")).json()["items"]
        if len(found) == count:
            return found
        await post.dispatcher.deliveries.look()


async def test_who_answers_410_is_asked_nothing_more_until_somebody_resumes(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda delivery: status(410)
    await post.subscribe("ci", receiver.url)
    ids = await post.happen("a")
    while (shown := await post.show("ci"))["status"] == "active":
        await post.dispatcher.deliveries.look()
    assert (shown["status"], shown["reason"]) == ("gone", "the receiver answered 410: it wants nothing any more")
    receiver.answer = take
    await post.change("ci", "resume")
    await receiver.until(lambda: bool(receiver.taken))
    assert receiver.ids == ids


async def test_a_redirect_is_not_followed(post: Post, receiver: Receiver) -> None:
    """It would lead past the check of addresses."""
    async with receiving() as trap:
        receiver.answer = lambda delivery: status(307, f"location: {trap.url}")
        await post.subscribe("ci", receiver.url)
        await post.happen("a")
        [letter] = await dead_letters(post, 1)
        assert letter["failure"] == "it answered 307"
        assert not trap.tries


async def test_retry_after_is_obeyed(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda delivery: status(503, "retry-after: 3600")
    await post.subscribe("ci", receiver.url)
    await post.happen("a")
    while not (failing := (await post.show("ci"))["failing"]):
        await post.dispatcher.deliveries.look()
    [one] = failing
    again = datetime.fromisoformat(one["again_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < again <= timedelta(hours=1)
    assert len(receiver.tries) == 1


async def test_a_paused_subscription_gets_nothing_and_then_all_that_it_missed(post: Post, receiver: Receiver) -> None:
    await post.subscribe("ci", receiver.url)
    await post.change("ci", "pause", {"reason": "we move house"})
    ids = await post.happen("a", "b")
    await post.dispatcher.deliveries.look()
    assert not receiver.tries
    await post.change("ci", "resume")
    await receiver.until(lambda: len(receiver.ids) == 2)
    assert set(receiver.ids) == set(ids)


async def test_a_replay_delivers_again_under_the_same_ids_from_an_offset_an_instant_or_the_beginning(
    post: Post, receiver: Receiver
) -> None:
    ids = await post.happen("a", "b", "c")
    ends = {f"{p.topic}/{p.number}": end for p, end in (await post.ends()).items() if p.topic == MONITOR_EVENTS.name}
    await post.subscribe("ci", receiver.url, start="now")
    starts = ["beginning", "1970-01-02T00:00:00Z", dict.fromkeys(ends, 0)]
    for times, start in enumerate(starts, 1):
        await post.change("ci", "replay", {"start": start})
        await receiver.until(lambda times=times: all([one.id for one in receiver.taken].count(i) >= times for i in ids))
    assert set(receiver.ids) == set(ids)
    await post.change("ci", "replay", {"start": ends})
    later = await post.happen("d")
    await receiver.until(lambda: later[0] in receiver.ids)
    assert receiver.taken[-1].id == later[0]


async def test_two_secrets_sign_in_the_grace_and_one_without_it(post: Post, receiver: Receiver) -> None:
    old = await post.subscribe("ci", receiver.url)
    new = (await post.change("ci", "rotate", {"grace_seconds": 60}))["secret"]
    await post.happen("a")
    await receiver.until(lambda: bool(receiver.taken))
    assert receiver.taken[0].verified_by(old)
    assert receiver.taken[0].verified_by(new)
    newest = (await post.change("ci", "rotate", {"grace_seconds": 0}))["secret"]
    later = await post.happen("b")
    await receiver.until(lambda: later[0] in receiver.ids)
    assert receiver.taken[-1].verified_by(newest)
    with pytest.raises(WebhookVerificationError):
        receiver.taken[-1].verified_by(new)


async def test_a_test_delivery_says_what_became_of_it(post: Post, receiver: Receiver) -> None:
    secret = await post.subscribe("ci", receiver.url, types=["dev.tenure.rollout.*"])
    told = await post.change("ci", "test")
    assert (told["delivered"], told["status"], told["failure"]) == (True, 204, None)
    [delivery] = receiver.taken
    assert delivery.verified_by(secret)
    assert (delivery.event["type"], delivery.id) == ("dev.tenure.dispatch.test.v1", told["event"])
    receiver.answer = lambda delivery: status(500)
    told = await post.change("ci", "test")
    assert (told["delivered"], told["status"], told["failure"]) == (False, 500, "it answered 500")


async def test_a_voided_event_is_not_delivered_but_that_it_was_voided_is(post: Post, receiver: Receiver) -> None:
    [void] = await post.happen("a")
    stream = post.platform.runtimes["monitor"].replica.stream("monitor/monitor/a")
    order = {"stream": "monitor/monitor/a", "sequence": 1, "digest": stream.digest, "reason": "a mistake"}
    response = await post.ask("POST", "/monitor/v1/voids", order, "admin")
    assert response.status_code == 201, response.text
    await post.subscribe("ci", receiver.url)
    await receiver.until(lambda: bool(receiver.taken))
    assert [one.event["type"] for one in receiver.taken] == ["dev.tenure.monitor.record-voided.v1"]
    assert void not in receiver.ids


async def test_while_a_receiver_is_away_one_partition_tries_for_all_of_them(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda delivery: status(503)
    await post.happen(*(f"m{n}" for n in range(12)))
    await post.subscribe("ci", receiver.url)
    await dead_letters(post, 1)
    ids, at_once = [one.id for one in receiver.tries], MONITOR_EVENTS.partitions
    assert len(set(ids[:at_once])) == at_once
    assert len(set(ids[at_once : at_once + 2])) == 1  # the second and the third try, after which it is given up


async def test_a_cursor_past_the_end_of_a_log_that_was_made_anew_is_told_of(post: Post, receiver: Receiver) -> None:
    await post.subscribe("ci", receiver.url)
    ends = await post.ends()
    async with post.dispatcher.store.pool.acquire() as connection:
        await place(connection, webhook("ci"), {at: end + 7 for at, end in ends.items()})
    await post.dispatcher.deliveries.renew(webhook("ci"))
    while not (told := (await post.show("ci"))["trouble"]):
        await post.dispatcher.deliveries.look()
    assert "it was made anew" in told


async def test_one_of_two_replicas_delivers_and_the_other_takes_over_when_it_stops(
    post: Post, receiver: Receiver
) -> None:
    await post.subscribe("ci", receiver.url)
    first = await post.happen("a")
    await receiver.until(lambda: bool(receiver.ids))
    async with AsyncExitStack() as second:
        other = await post.again(second)
        await other.dispatcher.deliveries.look()
        assert other.dispatcher.deliveries.held == []
        assert "webhook/ci" in post.dispatcher.deliveries.held
        await post.dispatcher.deliveries.let_go()
        while "webhook/ci" not in other.dispatcher.deliveries.held:
            await other.dispatcher.deliveries.look()
        later = await post.happen("b")
        await receiver.until(lambda: len(receiver.ids) == 2)
    assert receiver.ids == [*first, *later]


async def test_a_command_that_comes_again_is_answered_as_before_with_the_same_secret(
    post: Post, receiver: Receiver
) -> None:
    body = {"subscription": "ci", "url": receiver.url}

    async def create(**more: str) -> httpx.Response:
        headers = {"Idempotency-Key": "once"}
        return await post.ask("POST", "/dispatch/v1/subscriptions", {**body, **more}, **headers)

    first, second = await create(), await create()
    assert first.json() == second.json()
    assert first.json()["secret"].startswith("whsec_")
    assert (await create(start="beginning")).json()["type"] == "urn:tenure:problem:command-id-reused"
