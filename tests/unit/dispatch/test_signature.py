"""Does a receiver of Standard Webhooks take what dispatch signs, and nothing else?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError
from tenure_dispatch.webhooks.signature import new_secret, signed

# Source: Standard Webhooks 1.0, "Signature scheme", the specification's own example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specifications_own_example_has_the_specifications_own_signature() -> None:
    assert signed([SECRET], MESSAGE, AT, BODY) == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(AT),
        "webhook-signature": SIGNATURE,
    }


@given(st.binary(max_size=300), st.uuids().map(str))
def test_what_is_signed_is_verified_by_the_reference_library(body: bytes, message_id: str) -> None:
    text = body.hex().encode()
    secret, now = new_secret(), int(datetime.now(UTC).timestamp())
    Webhook(secret).verify(text, dict(signed([secret], message_id, now, text)), json_parse=False)


def test_either_of_two_secrets_verifies_it_and_a_third_does_not() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    headers = dict(signed([new, old], MESSAGE, int(datetime.now(UTC).timestamp()), BODY))
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, headers)


@pytest.mark.parametrize(("header", "value"), [("webhook-id", "msg_other"), ("webhook-timestamp", None)])
def test_another_id_or_time_is_not_verified(header: str, value: str | None) -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = {**signed([SECRET], MESSAGE, now, BODY), header: value or str(now + 1)}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, headers)


def test_no_secret_is_made_twice_and_each_has_256_bits() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == len("whsec_") + 44 for secret in made)
