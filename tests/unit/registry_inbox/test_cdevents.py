"""Which version does a published artifact register?"""

from typing import Any

import pytest

from tests.unit.registry_inbox.post import DIGEST, Post

TYPE = "dev.cdevents.artifact.published.0.2.0"
ENCODED = DIGEST.replace(":", "%3A")


def published(purl: str) -> dict[str, Any]:
    context = {"version": "0.4.1", "id": "e1", "source": "/ci", "type": TYPE, "timestamp": "2026-01-01T00:00:00Z"}
    return {"context": context, "subject": {"id": purl, "source": "/ci", "type": "artifact", "content": {}}}


@pytest.mark.parametrize(
    ("purl", "version"),
    [
        (f"pkg:oci/delays@{ENCODED}?repository_url=registry.example/ml&tag=v3", "v3"),
        (f"pkg:oci/delays@{ENCODED}", "sha256-aaaaaaaaaaaa"),
        (f"pkg:generic/delays@2.1?checksum=sha1:00,{ENCODED}", "2.1"),
        (f"pkg:huggingface/acme/delays@0f0f?checksum={ENCODED}", "0f0f"),
    ],
)
async def test_a_published_artifact_is_a_version_by_its_purl_and_digest(post: Post, purl: str, version: str) -> None:
    outcome = await post.send(TYPE, purl.partition("?")[0], published(purl))
    assert outcome.verdict == "accepted"
    read = (await post.desk.ask("GET", f"/registry/v1/models/delays/versions/{version}")).json()
    assert read["artifact_digest"] == DIGEST
    assert read["locators"] == [{"locator": purl, "outcome": "unverified"}]


async def test_an_artifact_whose_digest_nobody_says_is_refused(post: Post) -> None:
    outcome = await post.send(TYPE, "pkg:generic/delays@2.1", published("pkg:generic/delays@2.1"))
    assert (outcome.verdict, outcome.rule) == ("refused", "urn:tenure:problem:invalid-request")
    assert "artifact_digest" in (outcome.detail or "")


@pytest.mark.parametrize("data", [published("delays"), {"subject": {}}, [], {"subject": {"id": "pkg:oci"}}])
async def test_what_names_no_package_is_nobodys_command(post: Post, data: Any) -> None:
    assert (await post.send(TYPE, "x", data)).verdict == "unreadable"
