"""How does a whole MLflow registry come over? One idempotent command for each fact, so that it can be run again."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from typing import Any
from uuid import uuid4

import msgspec
from tenure_registry.inbox import mlflow
from tenure_registry.inbox.foreign_names import name_of

from tenure.client import AsyncClient, ProblemError
from tenure.mlflow_registry import Metric, MlflowRegistry, MlflowUnreadable, ModelVersion, RegisteredModel, tags_of

MODELS = "/registry/v1/models"
MOST_TAG = 1_000
MOST_TAGS = 100
MOST_METRICS = 2_000
MOST_TOLD = 10_000
MEANT_FOR_US = (401, 403, 503)  # of these the whole import has to do, not one fact


@dataclass(slots=True)
class Imported:
    """Counts by what it is of; `refused` are sentences, the first MOST_TOLD of them."""

    new: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    untold: int = 0

    def refuse(self, sentence: str) -> None:
        if len(self.refused) < MOST_TOLD:
            self.refused.append(sentence)
        else:
            self.untold += 1


class MlflowImport:
    """Brings models, versions, tags, aliases and metrics over, in this order for each model."""

    def __init__(self, registry: MlflowRegistry, client: AsyncClient, family: str | None = None) -> None:
        self._registry, self._client, self._family = registry, client, family
        self.imported = Imported()

    async def run(self) -> Imported:
        """What was new, the same and refused.

        Raises MlflowUnreadable; ProblemError where the token does not do or Tenure is away. What was done stays, and is
        the same at the next run.
        """
        async for model in self._registry.models():
            await self._model(model)
        return self.imported

    async def _model(self, model: RegisteredModel) -> None:
        path = f"{MODELS}/{name_of(model.name)}"
        if not await self._created(path, model):
            return
        await self._tags(path, {**tags_of(model.tags), "mlflow.name": model.name}, model.name)
        async for version in self._registry.versions(model.name):
            await self._version(path, version)
        for alias in model.aliases:
            body = {"model_version": name_of(alias.version)}
            where = f"alias {alias.alias} of {model.name}"
            await self._told("alias", where, "PUT", f"{path}/aliases/{name_of(alias.alias)}", body)

    async def _created(self, path: str, model: RegisteredModel) -> bool:
        """A model that is there keeps its family and its description, which may have been changed since."""
        try:
            await self._client.get(path)
        except ProblemError as problem:
            if problem.status != 404:
                raise
            body = mlflow.model_body(mlflow.Model(name=model.name, description=model.description))
            return await self._told("model", model.name, "POST", MODELS, body | {"family": self._family})
        self.imported.same["model"] += 1
        return True

    async def _version(self, path: str, version: ModelVersion) -> None:
        tags, where = tags_of(version.tags), f"version {version.version} of {version.name}"
        same = mlflow.Version(
            name=version.name, version=version.version, source=version.source, run_id=version.run_id or None, tags=tags
        )
        if not await self._told("version", where, "POST", f"{path}/versions", mlflow.version_body(same)):
            return
        own = f"{path}/versions/{name_of(version.version)}"
        described = {"mlflow.description": version.description} if version.description else {}
        await self._tags(own, {**tags, **described}, where)
        if version.run_id:
            await self._metrics(own, version.run_id, where)

    async def _tags(self, path: str, tags: Mapping[str, str], where: str) -> None:
        kept = {key: value for key, value in tags.items() if len(value) <= MOST_TAG}
        for key in tags.keys() - kept.keys():
            self.imported.refuse(f"tag {key} of {where}: over {MOST_TAG} characters")
        keys = sorted(kept)
        for first in range(0, len(keys), MOST_TAGS):
            body = mlflow.tags_body({key: kept[key] for key in keys[first : first + MOST_TAGS]})
            await self._told("tags", f"tags of {where}", "POST", f"{path}/tags", body)

    async def _metrics(self, path: str, run: str, where: str) -> None:
        """As evidence of what the version is here. Its name has the report's digest: later metrics are more of it."""
        try:
            metrics = await self._registry.metrics(run)
        except MlflowUnreadable as gone:  # a run may be deleted while its versions stay
            self.imported.refuse(f"metrics of {where}: {gone}")
            return
        if metrics:
            seen = (await self._client.get(path))["artifact_digest"]
            await self._told(
                "evidence", f"metrics of {where}", "POST", f"{path}/evidence", evidence(run, seen, metrics)
            )

    async def _told(self, what: str, where: str, method: str, path: str, body: Mapping[str, Any]) -> bool:
        """Whether it is so now. Raises ProblemError where nothing else would work either."""
        send = self._client.put if method == "PUT" else self._client.post
        try:
            receipt = await send(path, body, key=str(uuid4()))
        except ProblemError as problem:
            if problem.status in MEANT_FOR_US:
                raise
            self.imported.refuse(f"{where}: {problem}")
            return False
        (self.imported.new if receipt["changed"] else self.imported.same)[what] += 1
        return True


def evidence(run: str, seen_digest: str, metrics: tuple[Metric, ...]) -> dict[str, object]:
    """The body that records a run's metrics. Nobody has judged them, and n is not known: so it is inconclusive."""
    report = json.dumps({"run": run, "metrics": msgspec.to_builtins(metrics)}, sort_keys=True).encode()
    digest = sha256(report).hexdigest()
    told = [(name_of(one.key), one.value) for one in metrics if isinstance(one.value, float) and isfinite(one.value)]
    return {
        "evidence": f"mlflow-{name_of(run)[:80]}-{digest[:8]}",
        "seen_digest": seen_digest,
        "kind": "evaluation",
        "verdict": "inconclusive",
        "tool": "mlflow",
        "tool_version": "REST API 2.0",
        "report_digest": f"sha256:{digest}",
        "report": b64encode(report).decode(),
        "metrics": [{"name": name, "value": value, "n": 0} for name, value in told[:MOST_METRICS]],
    }
