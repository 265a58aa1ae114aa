"""What does a thing come from, and what depends on it?"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import pytest
from tenure_codec.binding import EventCodec
from tenure_context_sync.app import DECIDERS
from tenure_context_sync.binding.decider import BindContext
from tenure_context_sync.context.commands import PublishContext
from tenure_context_sync.context.decider import plain
from tenure_context_sync.context.rules import Declared
from tenure_context_sync.erasure.decider import ConfirmErasure, RequestErasure
from tenure_context_sync.events import AnyContextEvent, Field, Sla
from tenure_context_sync.names import (
    ContextName,
    ModelName,
    ModelVersion,
    PrincipalId,
    SnapshotName,
    SourceName,
    SubjectId,
)
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.source.decider import RegisterSource
from tenure_context_sync.upcasters import UPCASTERS as CONTEXT_UPCASTERS
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Auth, Kind, Order, Replica, TopicFold, Writer

from tests.integration.rollout.stage import DELAYS, MARCH, WHOLE, Stage, rollout

WEATHER, WHO = ContextName("weather"), PrincipalId("p-engineer")
VERSION_2 = "version:delays@2"
KINDS = tuple(Kind.of_decider(name, decider) for name, decider in DECIDERS.items())
FOLD = TopicFold(CONTEXT_EVENTS, "context", EventCodec("context", AnyContextEvent, upcasters=CONTEXT_UPCASTERS), KINDS)


class Contexts:
    """Context-sync's streams, without its store."""

    def __init__(self, stage: Stage, writer: Writer) -> None:
        self._stage, self._writer = stage, writer

    async def say(self, stream: str, command: object) -> None:
        number = next(self._stage.numbers)
        auth = Auth("system:context", "system")
        order = Order(
            stream=f"context/{stream}",
            command=command,
            command_id=UUID(int=number),
            command_digest=str(number),
            auth=auth,
            occurred_at=MARCH,
        )
        await self._writer.execute(order)

    async def publish(self, revision: int, *fields: str) -> None:
        await self.say(
            "context/weather",
            PublishContext(
                context=WEATHER,
                revision=revision,
                source=SourceName("observations"),
                entity_key=("station",),
                view=plain(fields),
                sources={SourceName("observations"): Declared(("station",), ("station", "wind", "rain"))},
                principal=WHO,
                now=MARCH,
            ),
        )

    async def bind(self, version: str, revision: int) -> None:
        await self.say(
            "binding/delays",
            BindContext(
                model=ModelName("delays"),
                model_version=ModelVersion(version),
                context=WEATHER,
                revision=revision,
                source=SourceName("observations"),
                sla=Sla(lane="streaming", max_age_seconds=60, on_breach="alert"),
                principal=WHO,
                now=MARCH,
            ),
        )

    async def begin(self) -> None:
        """A source, two revisions of a context over it, and a snapshot of the first."""
        fields = tuple(Field(name=name, type="double", personal=False) for name in ("station", "wind", "rain"))
        source = RegisterSource(
            source=SourceName("observations"),
            topic="weather.public.observations",
            format="debezium",
            key=("station",),
            fields=fields,
            principal=WHO,
            now=MARCH,
        )
        await self.say("source/observations", source)
        await self.publish(1, "wind")
        await self.publish(2, "wind", "rain")
        pinned = PinSnapshot(
            snapshot=SnapshotName("winter"),
            context=WEATHER,
            revision=1,
            offsets=(),
            records=0,
            digest="sha256:" + "e" * 64,
            principal=WHO,
            now=MARCH,
        )
        await self.say("snapshot/winter", pinned)

    async def erase(self, subject: str) -> None:
        """One whose data is in the snapshot."""
        named, held = SubjectId(subject), (SnapshotName("winter"),)
        await self.say(f"subject/{subject}", RequestErasure(subject=named, reason="asked", principal=WHO, now=MARCH))
        done = ConfirmErasure(subject=named, keys=1, rows=1, snapshots=held, now=MARCH)
        await self.say(f"subject/{subject}", done)


@pytest.fixture
async def contexts(stage: Stage) -> AsyncIterator[Contexts]:
    replica = Replica(stage.log, [FOLD])
    await replica.start()
    yield Contexts(stage, Writer(stage.log, replica, FOLD, DECIDERS))
    await replica.stop()


async def everything(stage: Stage, contexts: Contexts) -> None:
    """Version 1 reads whatever revision 1 has; version 2 reads the rain only, was trained in a run, and serves."""
    await contexts.begin()
    await stage.in_production("1")
    version = {
        "model_version": "2",
        "artifact_digest": "sha256:" + "2".zfill(64),
        "features": ["rain"],
        "snapshots": [{"snapshot": "winter", "digest": "sha256:" + "e" * 64}],
        "run": {"tracker": "mlflow", "run": "abc"},
        "code": {"repository": "https://git/delays", "revision": "c0ffee"},
        "prompts": [{"prompt": "explain", "revision": 2}],
    }
    await stage.done("/registry/v1/models/delays/versions", version, "engineer")
    await contexts.bind("1", 1)
    await contexts.bind("2", 2)


async def serve(stage: Stage) -> None:
    of_version = "/registry/v1/models/delays/versions/2"
    digest = "sha256:" + "2".zfill(64)
    evidence = {"evidence": "eval-2", "kind": "evaluation", "verdict": "passed", "tool": "t", "tool_version": "1"}
    await stage.done(f"{of_version}/evidence", {**evidence, "seen_digest": digest, "report_digest": digest}, "engineer")
    approval = {"stage": "production", "decision": "grant", "seen_digest": digest}
    await stage.done(f"{of_version}/approvals", approval, "approver")
    await stage.done(f"{of_version}/stage", {"stage": "production"}, "engineer")
    release = {"release": "r2", "model_version": "2", "contexts": [{"context": "weather", "revision": 2}]}
    await stage.done(f"{DELAYS}/releases", release)
    await stage.done(f"{DELAYS}/rollouts", rollout("first", "r2", WHOLE))
    await stage.done("/registry/v1/models/delays/consumers", {"consumer": "website"}, "engineer")
    await stage.settled()


async def lineage(stage: Stage, node: str, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = await stage.got(f"/registry/v1/lineage/{quote(node, safe='')}", **query)
    return found


def nodes(found: dict[str, Any]) -> dict[str, int]:
    return {one["node"]: one["distance"] for one in found["nodes"]}


async def test_which_models_a_field_feeds(stage: Stage, contexts: Contexts) -> None:
    """A version that declares its features is fed by these only; one that declares none by all that it may read."""
    await everything(stage, contexts)
    assert nodes(await lineage(stage, "field:weather.rain", direction="down")) == {
        "field:weather.rain": 0,
        VERSION_2: 1,
    }
    assert nodes(await lineage(stage, "field:weather.wind", direction="down")) == {
        "field:weather.wind": 0,
        "version:delays@1": 1,
    }


async def test_what_depends_on_a_version(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    await serve(stage)
    assert nodes(await lineage(stage, VERSION_2, direction="down")) == {
        VERSION_2: 0,
        "release:delays@production/r2": 1,
        "deployment:delays@production": 2,
        "consumer:website": 3,
    }


async def test_what_a_version_comes_from(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    assert nodes(await lineage(stage, VERSION_2, direction="up")) == {
        VERSION_2: 0,
        "code:https://git/delays@c0ffee": -1,
        "context:weather@2": -1,
        "field:weather.rain": -1,
        "prompt:explain@2": -1,
        "run:mlflow/abc": -1,
        "snapshot:winter": -2,
        "source:observations": -2,
        "context:weather@1": -3,
    }


async def test_what_is_owed_since_a_subject_was_erased_is_found_until_it_is_settled(
    stage: Stage, contexts: Contexts
) -> None:
    await everything(stage, contexts)
    await contexts.erase("s-ada")
    await stage.settled()
    owed = "obligation:delays/s-ada"
    found = await lineage(stage, "snapshot:winter", direction="down")
    assert nodes(found) == {"snapshot:winter": 0, "run:mlflow/abc": 1, VERSION_2: 2, owed: 3}
    assert {edge["target"]: edge["event"] for edge in found["edges"]}[owed] == "registry/obligation/delays#1"
    assert nodes(await lineage(stage, owed, direction="up", depth="1")) == {owed: 0, VERSION_2: -1}
    settled = {"outcome": "not_needed", "note": "the snapshot held a single row of it"}
    await stage.done("/registry/v1/models/delays/obligations/s-ada/discharge", settled, "admin")
    assert owed not in nodes(await lineage(stage, "snapshot:winter", direction="down"))


async def test_from_a_consumer_back_to_the_source_of_its_data(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    await serve(stage)
    assert nodes(await lineage(stage, "consumer:website", direction="up"))["source:observations"] == -4
    up, down = [await lineage(stage, VERSION_2, direction=way) for way in ("up", "down")]
    assert nodes(await lineage(stage, VERSION_2)) == nodes(up) | nodes(down)


async def test_each_edge_names_the_event_that_says_so(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    await serve(stage)
    registry, rollouts = [stage.process.runtimes[name].replica for name in ("registry", "rollout")]
    said = {}
    for replica, stream in (
        (registry, "registry/model/delays"),
        (rollouts, "rollout/deployment/delays@production"),
    ):
        said |= {f"{stream}#{meta.sequence}": type(event).__name__ for meta, event in await replica.events(stream)}
    edges = (await lineage(stage, VERSION_2))["edges"]
    by_pair = {(edge["source"].partition(":")[0], edge["target"].partition(":")[0]): edge["event"] for edge in edges}
    assert said[by_pair["run", "version"]] == "VersionRegistered"
    assert said[by_pair["version", "release"]] == "ReleaseCreated"
    assert said[by_pair["release", "deployment"]] == "RouteChanged"
    assert said[by_pair["deployment", "consumer"]] == "ConsumerDeclared"
    assert by_pair["context", "version"] == "context/binding/delays#2"
    assert by_pair["source", "context"] in ("context/context/weather#1", "context/context/weather#2")
    assert by_pair["context", "snapshot"] == "context/snapshot/winter#1"


async def test_it_is_told_as_of_a_past_moment(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    ends = await stage.log.end_offsets([f"tenure.{name}.events" for name in ("registry", "context", "rollout")])
    before = orjson.dumps({f"{p.topic}/{p.number}": end for p, end in ends.items()}).decode()
    await contexts.bind("2", 1)
    await serve(stage)
    await stage.ask("DELETE", "/registry/v1/models/delays/consumers/website", role="engineer")
    withdrawn = await stage.ask("GET", "/registry/v1/lineage/consumer:website")
    assert withdrawn.status_code == 404
    assert nodes(await lineage(stage, VERSION_2, direction="down", as_of=before)) == {VERSION_2: 0}
    assert "context:weather@2" in nodes(await lineage(stage, VERSION_2, direction="up", as_of=before))
    assert "context:weather@2" not in nodes(await lineage(stage, VERSION_2, direction="up", depth="1"))


async def test_a_consumer_that_went_is_still_found_in_the_past(stage: Stage, contexts: Contexts) -> None:
    await everything(stage, contexts)
    await serve(stage)
    ends = await stage.log.end_offsets([f"tenure.{name}.events" for name in ("registry", "context", "rollout")])
    before = orjson.dumps({f"{p.topic}/{p.number}": end for p, end in ends.items()}).decode()
    await stage.ask("DELETE", "/registry/v1/models/delays/consumers/website", role="engineer")
    assert "deployment:delays@production" in nodes(await lineage(stage, "consumer:website", as_of=before))


async def test_what_was_cut_off_is_said(stage: Stage, contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    await everything(stage, contexts)
    whole = await lineage(stage, "source:observations", direction="down")
    assert whole["cut"] is False
    one = await lineage(stage, "source:observations", direction="down", depth="1")
    assert (one["cut"], set(nodes(one).values())) == (True, {0, 1})
    monkeypatch.setattr("tenure_registry.api.lineage.MOST_NODES", 3)
    few = await lineage(stage, "source:observations", direction="down")
    assert (few["cut"], len(few["nodes"])) == (True, 3)


async def test_what_is_in_no_lineage_is_404_and_what_is_no_node_422(stage: Stage) -> None:
    await stage.in_production("1")
    assert (await stage.ask("GET", "/registry/v1/lineage/version:none@1")).status_code == 404
    assert (await stage.ask("GET", "/registry/v1/lineage/planet:mars")).status_code == 422
    assert (await stage.ask("GET", "/registry/v1/lineage/source:x", params={"depth": "99"})).status_code == 422
