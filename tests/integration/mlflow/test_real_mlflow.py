"""Do a real MLflow's registry and its webhooks come over?"""

import asyncio
from contextlib import aclosing
from typing import Any

import httpx
import msgspec
import pytest
from tenure import mlflow_registry
from tenure.client import AsyncClient
from tenure.mlflow_import import Imported, MlflowImport
from tenure.mlflow_registry import MlflowRegistry
from tenure_eventlog import Partition
from tenure_eventlog.topics import INBOX_OUTCOMES
from tenure_registry.inbox.foreign_names import name_of
from tenure_registry.inbox.outcomes import Outcome

from tests.integration.mlflow.conftest import Mlflow
from tests.unit.registry_inbox.post import Post

MODELS = "/registry/v1/models"
ODD = "It's a Model"
WEBHOOKS = [
    ("registered_model", "created"),
    ("model_version", "created"),
    ("model_version_alias", "created"),
    ("model_version_alias", "deleted"),
    ("model_version_tag", "set"),
    ("model_version_tag", "deleted"),
]


async def brought_over(mlflow: Mlflow, client: AsyncClient) -> Imported:
    async with httpx.AsyncClient(base_url=mlflow.uri, timeout=30) as http:
        return await MlflowImport(MlflowRegistry(http), client).run()


async def test_a_whole_registry_comes_over_and_a_second_time_only_what_changed_in_mlflow(
    mlflow: Mlflow, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_registry, "PAGE", 2)
    digest = "sha256:" + "c" * 64
    mlflow.model("import-fraud", "finds fraud", {"team": "a"})
    run = mlflow.run(auc=0.91, recall=0.5)
    for number in range(4):
        mlflow.version("import-fraud", run if number == 0 else None, {"n": str(number)})
    mlflow.version("import-fraud", tags={"tenure.artifact_digest": digest})
    mlflow.alias("import-fraud", "champion", "2")
    mlflow.model(ODD)
    first = await brought_over(mlflow, client)
    assert first.refused == []
    assert (first.new["version"], first.new["alias"], first.new["evidence"]) == (5, 1, 1)
    model = await client.get(f"{MODELS}/import-fraud")
    assert (model["description"], model["aliases"], len(model["versions"])) == ("finds fraud", {"champion": "2"}, 5)
    version = await client.get(f"{MODELS}/import-fraud/versions/1")
    assert (version["kind"], version["run"]["run"]) == ("hosted", run)
    assert (await client.get(f"{MODELS}/import-fraud/versions/5"))["artifact_digest"] == digest
    [evidence] = await client.get(f"{MODELS}/import-fraud/versions/1/evidence")
    assert (evidence["verdict"], {m["name"]: m["value"] for m in evidence["metrics"]}) == (
        "inconclusive",
        {"auc": 0.91, "recall": 0.5},
    )
    assert await client.get(f"{MODELS}/{name_of(ODD)}")

    second = await brought_over(mlflow, client)
    assert (dict(second.new), second.refused) == ({}, [])
    assert second.same == first.new + first.same

    mlflow.alias("import-fraud", "champion", mlflow.version("import-fraud"))
    third = await brought_over(mlflow, client)
    assert (dict(third.new), third.refused) == ({"version": 1, "alias": 1}, [])
    assert (await client.get(f"{MODELS}/import-fraud"))["aliases"] == {"champion": "6"}


async def outcomes(post: Post, count: int) -> list[Outcome]:
    """The first so many, once they are there."""
    found: list[Outcome] = []
    async with asyncio.timeout(60), aclosing(post.log.read({Partition(INBOX_OUTCOMES.name, 0): 0})) as batches:
        while len(found) < count:
            found += [msgspec.json.decode(r.value or b"", type=Outcome) for r in (await anext(batches)).records]
    return found


async def test_mlflows_own_webhooks_are_believed_and_become_events(mlflow: Mlflow, post: Post, origin: str) -> None:
    created = await asyncio.to_thread(
        mlflow.post,
        "webhooks",
        {
            "name": "tenure",
            "url": f"{origin}/registry/v1/inbox/mlflow?key={post.key}",
            "events": [{"entity": entity.upper(), "action": action.upper()} for entity, action in WEBHOOKS],
            "secret": post.secret,
        },
    )
    version = {"name": "hooked", "version": "1"}
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("registered-models/create", {"name": "hooked"}, "POST"),
        ("model-versions/create", {"name": "hooked", "source": "s3://bucket/model"}, "POST"),
        ("registered-models/alias", version | {"alias": "champion"}, "POST"),
        ("model-versions/set-tag", version | {"key": "team", "value": "a"}, "POST"),
        ("registered-models/alias", {"name": "hooked", "alias": "champion"}, "DELETE"),
        ("model-versions/delete-tag", version | {"key": "team"}, "DELETE"),
    ]
    try:
        for number, (what, body, method) in enumerate(steps, 1):
            await asyncio.to_thread(mlflow.post, what, body, method)
            [*_, outcome] = await outcomes(post, number)
            assert (outcome.verdict, outcome.rule) == ("accepted", None), outcome
            if what == "registered-models/alias" and method == "POST":
                assert (await post.model("hooked"))["aliases"] == {"champion": "1"}
    finally:
        await asyncio.to_thread(mlflow.post, f"webhooks/{created['webhook']['webhook_id']}", {}, "DELETE")
    names = [type(event).__name__ for _, event in await post.desk.runtime.replica.events("registry/model/hooked")]
    assert names == ["ModelCreated", "VersionRegistered", "AliasMoved", "TagsChanged", "AliasMoved", "TagsChanged"]
    assert {outcome.source for outcome in await outcomes(post, 6)} == {"mlflow"}
