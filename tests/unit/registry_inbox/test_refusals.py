"""What stays of a command that a rule refused?"""

import pytest
from tenure_registry.inbox import clerk
from tenure_registry.model.events import InboxCommandRefused

from tests.unit.registry_inbox.post import DIGEST, VERSION, Post

OTHER = {"model_version": "v1", "artifact_digest": "sha256:" + "b" * 64}


async def test_a_refusal_is_an_event_on_the_target_stream_and_changes_nothing_of_the_model(post: Post) -> None:
    await post.send("register-version", "models/delays", VERSION)
    before = await post.model()
    outcome = await post.send("register-version", "models/delays", OTHER)
    meta, event = (await post.desk.runtime.replica.events("registry/model/delays"))[-1]
    assert isinstance(event, InboxCommandRefused)
    assert (event.rule, event.id) == ("urn:tenure:problem:artifact-is-fixed", outcome.id)
    assert (outcome.verdict, outcome.rule, outcome.event_id) == ("refused", event.rule, meta.event_id)
    assert await post.model() == before


async def test_a_body_that_the_api_would_refuse_is_refused_with_the_field_and_never_with_what_it_held(
    post: Post,
) -> None:
    outcome = await post.send("register-version", "models/delays", VERSION | {"secret-field": "ada@example.org"})
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:invalid-request")
    assert "secret-field" in (outcome.detail or "")
    assert "ada@" not in (outcome.detail or "")


async def test_who_lacks_the_role_is_refused_and_noted_for_the_auditors(post: Post) -> None:
    outcome = await post.send("register-version", "models/delays", VERSION, by=post.key_of("viewer"))
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:role-missing")
    [entry] = await post.desk.noted(1)
    assert (entry["principal"], entry["method"]) == (post.desk.tokens.named("viewer").id, "INBOX")


async def test_a_principal_of_one_family_commands_no_model_of_another(post: Post) -> None:
    post.desk.tokens.create("narrow", ["engineer"], families=["payments"])
    outcome = await post.send("register-version", "models/delays", VERSION, by=post.key_of("narrow"))
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:family-forbidden")


async def test_a_model_that_only_a_refusal_is_known_of_does_not_exist_and_can_still_be_created(post: Post) -> None:
    outcome = await post.send("register-version", "models/ghost", VERSION)
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:model-unknown")
    listed = (await post.desk.ask("GET", "/registry/v1/models")).json()["items"]
    assert [model["model"] for model in listed] == ["delays"]
    assert (await post.desk.ask("GET", "/registry/v1/models/ghost")).status_code == 404
    assert (await post.desk.model("ghost")).status_code == 201


async def test_refusals_make_streams_for_so_many_unknown_models_and_no_more(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk, "MOST_UNKNOWN_MODELS", 1)
    assert (await post.send("register-version", "models/ghost", VERSION)).verdict == "refused"
    assert (await post.send("register-version", "models/phantom", VERSION)).verdict == "unreadable"
    assert (await post.send("register-version", "models/ghost", VERSION)).verdict == "refused"
    assert post.desk.runtime.replica.stream("registry/model/phantom") is None


async def test_an_id_that_was_used_for_something_else_is_refused_and_the_first_use_stands(post: Post) -> None:
    await post.send("register-version", "models/delays", VERSION, id="one")
    outcome = await post.send("register-version", "models/delays", OTHER, id="one")
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:command-id-reused")
    assert (await post.model())["versions"][0]["artifact_digest"] == DIGEST
