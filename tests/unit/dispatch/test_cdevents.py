"""What do tools that know CDEvents hear of a deployment's life?"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from tenure_dispatch.public.cdevents import cdevents, purl
from tenure_registry.model.events import VersionRegistered
from tenure_rollout.events import Arm, ReleaseRolledBack, RolloutPromoted, RouteChanged

from tests.unit.dispatch.chronicle import NOON, chronicle

DEPLOYMENT = "rollout/deployment/delays@production"
DIGEST = "sha256:" + "ab" * 32
VECTORS = Path(__file__).parents[2] / "vectors" / "cdevents-0.5.1"
NO_LINKS = Resource.from_contents({"$schema": "https://json-schema.org/draft/2020-12/schema", "maxItems": 0})
LINKS = Registry().with_resource("https://cdevents.dev/0.5.1/schema/links/embeddedlinksarray", NO_LINKS)
SCHEMAS = [json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json"))]


def schema_of(type_: str) -> dict[str, Any]:
    """The schema that CDEvents publishes for the type; of ours the one for custom types."""
    for schema in SCHEMAS:
        if type_ in schema["properties"]["context"]["properties"]["type"].get("enum", ()):
            return schema
    [custom] = [schema for schema in SCHEMAS if schema["$id"].endswith("/custom")]
    return custom


def valid(event: dict[str, Any]) -> bool:
    schema = schema_of(event["context"]["type"])
    checker = Draft202012Validator(schema, registry=LINKS, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return not [error.message for error in checker.iter_errors(event)]


def route(*releases: str) -> RouteChanged:
    arms = tuple(
        Arm(
            release=release,
            model_version=release.removeprefix("r"),
            weight_percent=100 / len(releases),
            artifact_digest=DIGEST,
            contexts=(),
            prompt=None,
            flags={},
        )
        for release in releases
    )
    return RouteChanged(
        deployment="delays@production", epoch=1, arms=arms, salt="s", mirrors=(), headers=(), changed_at=NOON
    )


def rolled_back(from_release: str, to_release: str) -> ReleaseRolledBack:
    return ReleaseRolledBack(
        from_release=from_release, to_release=to_release, reason="bad", rolled_back_by=None, rolled_back_at=NOON
    )


async def told(*events: object, stream: str = DEPLOYMENT) -> list[dict[str, Any]]:
    """The CloudEvents that the topic gets of these."""
    async with chronicle() as life:
        for event in events:
            await life.record(stream, event)
        written = cdevents(life.replica)
        return [json.loads(body) for notice in await life.notices() for body in written(notice)]


async def test_a_deployments_life_is_told_in_cdevents_that_their_own_schemas_take() -> None:
    promoted = RolloutPromoted(rollout="x", release="r2", promoted_by=None, promoted_at=NOON)
    life = [route("r1"), route("r1", "r2"), promoted, route("r2"), rolled_back("r2", "r1"), route("r1"), route()]
    found = await told(*life)
    assert [one["type"] for one in found] == [
        "dev.cdevents.service.deployed.0.3.0",
        "dev.cdeventsx.tenure-route.changed.0.1.0",
        "dev.cdeventsx.tenure-rollout.promoted.0.1.0",
        "dev.cdevents.service.upgraded.0.3.0",
        "dev.cdevents.service.rolledback.0.3.0",
        "dev.cdevents.service.removed.0.3.0",
    ]
    assert all(valid(one["data"]) for one in found)


async def test_the_schemas_would_refuse_what_is_no_such_event() -> None:
    [deployed] = await told(route("r1"))
    assert valid(deployed["data"])
    del deployed["data"]["subject"]["content"]["artifactId"]
    assert not valid(deployed["data"])


async def test_the_service_is_the_deployment_and_the_artifact_is_the_version_that_serves() -> None:
    [deployed] = await told(route("r1"))
    assert deployed["data"]["subject"] == {
        "id": "delays@production",
        "source": "/tenure/rollout",
        "content": {
            "environment": {"id": "production"},
            "artifactId": f"pkg:generic/tenure/delays@1?checksum={DIGEST}",
        },
    }


async def test_the_cloud_event_around_it_says_the_same_of_id_source_type_subject_and_time() -> None:
    """Source: CDEvents 0.5.1, CloudEvents binding."""
    [outer] = await told(route("r1"))
    context, subject = outer["data"]["context"], outer["data"]["subject"]
    assert [outer[name] for name in ("id", "source", "type", "time", "subject")] == [
        *(context[name] for name in ("id", "source", "type", "timestamp")),
        subject["id"],
    ]


async def test_going_back_to_the_only_release_that_served_is_no_upgrade() -> None:
    found = await told(route("r1"), route("r1", "r2"), route("r1"))
    assert [one["type"].split(".")[3] for one in found] == ["deployed", "changed", "changed"]


async def test_a_registered_version_is_a_published_artifact() -> None:
    registered = VersionRegistered(
        model_version="3",
        kind="artifact",
        artifact_digest=DIGEST,
        locators=(),
        hosted=None,
        framework="sklearn",
        features=(),
        inputs=(),
        outputs=(),
        snapshots=(),
        prompts=(),
        run=None,
        code=None,
        metadata={},
        registered_by="p-1",
        registered_at=NOON,
    )
    [published] = await told(registered, stream="registry/model/delays")
    assert published["type"] == "dev.cdevents.artifact.published.0.3.0"
    assert published["data"]["subject"]["id"] == f"pkg:generic/tenure/delays@3?checksum={DIGEST}"
    assert valid(published["data"])


@pytest.mark.parametrize("model", ["a/b", "a b", "ä"])
def test_a_purl_escapes_what_a_name_may_hold(model: str) -> None:
    assert purl(model, "1", None).isascii()
