"""What is not somebody's command, and who hears of it?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenure_eventlog import Record
from tenure_registry.inbox.cloudevent import read_record
from tenure_registry.inbox.errors import NotTaken
from tenure_registry.inbox.signing import sign

from tests.unit.registry_inbox.post import VERSION, Post

VALUE = orjson.dumps(VERSION)
Headers = tuple[tuple[str, bytes], ...]


def registering(post: Post, **more: str) -> Headers:
    headers = post.headers("register-version", **{"subject": "models/delays", **more})
    return sign(post.key, post.secret, headers, VALUE)


def changed(headers: Headers, name: str, value: bytes) -> Headers:
    return tuple((known, value if known == name else old) for known, old in headers)


async def refused_by_all(post: Post, headers: Headers, value: bytes = VALUE) -> str:
    """The reason on `tenure.quarantine`; nothing of it is on the model, and the next record is taken."""
    outcome = await post.put(headers, value)
    assert (outcome.verdict, outcome.principal, outcome.stream) == ("unreadable", None, None)
    [*_, notice] = await post.quarantined()
    assert (notice["processor"], notice["offset"], notice["reason"]) == (
        "registry.inbox",
        outcome.offset,
        outcome.detail,
    )
    assert (await post.model())["versions"] == []
    assert (await post.send("declare-consumer", "models/delays", {"consumer": "c"})).verdict == "accepted"
    return str(notice["reason"])


async def test_a_record_without_a_signature_is_nobodys(post: Post) -> None:
    assert "no key" in await refused_by_all(post, post.headers("register-version", "models/delays"))


async def test_the_name_of_a_principal_in_the_record_counts_for_nothing(post: Post) -> None:
    claimed = post.headers("register-version", "models/delays", authid=post.desk.tokens.named("admin").id)
    viewer = post.key_of("viewer")
    outcome = await post.put(sign(*viewer, claimed, VALUE), VALUE)
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:role-missing")
    assert outcome.principal == post.desk.tokens.named("viewer").id


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type"])
async def test_each_covered_header_is_covered(post: Post, name: str) -> None:
    reason = await refused_by_all(post, changed(registering(post), name, b"other"))
    assert "is not that of this key" in reason


async def test_the_value_is_covered(post: Post) -> None:
    assert "is not that of this key" in await refused_by_all(post, registering(post), VALUE + b" ")


async def test_another_keys_secret_signs_nothing_for_this_key(post: Post) -> None:
    _, other = post.key_of("admin")
    headers = sign(post.key, other, post.headers("register-version", "models/delays"), VALUE)
    assert "is not that of this key" in await refused_by_all(post, headers)


async def test_a_header_that_is_there_twice_is_refused_whichever_was_signed(post: Post) -> None:
    assert "repeated" in await refused_by_all(post, (*registering(post), ("tenure-key", b"x")))


async def test_a_key_that_has_expired_is_refused(post: Post) -> None:
    gone = post.key_of("engineer", datetime.now(UTC) - timedelta(seconds=1))
    headers = sign(*gone, post.headers("register-version", "models/delays"), VALUE)
    assert "no key" in await refused_by_all(post, headers)


async def test_a_revoked_key_is_refused_at_once(post: Post) -> None:
    key, secret = post.key_of("engineer")
    post.keys.revoke(key)
    headers = sign(key, secret, post.headers("register-version", "models/delays"), VALUE)
    assert "no key" in await refused_by_all(post, headers)


async def test_whose_token_was_revoked_has_no_key_either(post: Post) -> None:
    key, secret = post.key_of("author")
    post.desk.tokens.revoke("author")
    headers = sign(key, secret, post.headers("register-version", "models/delays"), VALUE)
    assert "has no token" in await refused_by_all(post, headers)


@pytest.mark.parametrize("off", [timedelta(days=-1, seconds=-10), timedelta(minutes=6)])
async def test_a_record_that_was_signed_long_ago_is_no_command_any_more(post: Post, off: timedelta) -> None:
    assert "within a day" in await refused_by_all(post, registering(post, time=(datetime.now(UTC) + off).isoformat()))


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("grant-approval", "models/delays/versions/v1"),
        ("dev.tenure.command.register-version.v2", "models/delays"),
        ("com.example.trained", "models/delays"),
        ("register-version", "models/Delays"),
        ("register-version", "models/delays/"),
        ("register-version", "families/delays"),
        ("record-evidence", "models/delays"),
        ("move-alias", "models/delays"),
    ],
)
async def test_what_names_no_command_or_no_target_is_not_taken(post: Post, command: str, subject: str) -> None:
    await refused_by_all(post, sign(post.key, post.secret, post.headers(command, subject), VALUE))


async def test_approvals_are_never_taken_whatever_the_principal_may(post: Post) -> None:
    author = post.key_of("author")
    headers = post.headers("grant-approval", "models/delays/versions/v1")
    assert "approvals never are" in await refused_by_all(post, sign(*author, headers, VALUE))


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "subject", "time"])
async def test_an_attribute_that_is_missing_is_named(post: Post, missing: str) -> None:
    assert missing in await refused_by_all(post, registering(post, **{missing: ""}))


@pytest.mark.parametrize(
    "media", [b"text/plain", b"application/cloudevents-batch+json", b"application/cloudevents+avro"]
)
async def test_a_value_of_another_kind_than_it_says_is_not_taken(post: Post, media: bytes) -> None:
    headers = sign(post.key, post.secret, (("content-type", media),), VALUE)
    await refused_by_all(post, headers)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    media=st.sampled_from(["json", "cloudevents+json", "cloudevents+avro"]),
    value=st.binary(max_size=300),
)
def test_whatever_the_bytes_are_they_are_read_or_not_taken(media: str, value: bytes) -> None:
    headers: Any = (("content-type", f"application/{media}".encode()), ("ce_id", b"1"))
    with pytest.raises(NotTaken):
        read_record(Record("tenure.inbox", 0, 0, 0, None, value, headers))
