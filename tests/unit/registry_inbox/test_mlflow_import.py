"""What of an MLflow registry comes over, and what is said of the rest? Its answers are as 3.17.2 gave them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tenure.cli.imports import address, authority, lines
from tenure.client import AsyncClient, ProblemError
from tenure.mlflow_import import Imported, MlflowImport, evidence
from tenure.mlflow_registry import Metric, MlflowRegistry, MlflowUnreadable
from tenure_registry.inbox.foreign_names import name_of
from typer import BadParameter

from tests.unit.registry_inbox.post import DIGEST, Post
from tests.unit.registry_inbox.test_webhooks import CREATED, deliver

MODELS = "/registry/v1/models"
RUN = "36634d9972954cf894ceb45b36c7421d"
MODEL: dict[str, Any] = {
    "name": "fraud",
    "creation_timestamp": 1795574750792,
    "last_updated_timestamp": 1795574751186,
    "description": "x",
    "latest_versions": [],
    "tags": [{"key": "a", "value": "b"}],
    "aliases": [{"alias": "champion", "version": "1"}],
}
VERSION: dict[str, Any] = {
    "name": "fraud",
    "version": "1",
    "creation_timestamp": 1795574751186,
    "current_stage": "None",
    "description": "first",
    "source": f"runs:/{RUN}/model",
    "run_id": RUN,
    "status": "READY",
    "run_link": "",
}
METRICS: list[dict[str, Any]] = [{"key": "auc", "value": 0.91, "timestamp": 1, "step": 0}]


class Answers:
    """An MLflow that has these models and versions."""

    def __init__(self) -> None:
        self.models, self.versions, self.metrics = [dict(MODEL)], [dict(VERSION)], list(METRICS)
        self.fault: httpx.Response | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        what = request.url.path.removeprefix("/api/2.0/mlflow/")
        if self.fault:
            return self.fault
        if what == "registered-models/search":
            return httpx.Response(200, json={"registered_models": self.models} if self.models else {})
        if what == "runs/get":
            return httpx.Response(200, json={"run": {"info": {}, "data": {"metrics": self.metrics}}})
        name = request.url.params["filter"][len("name=") :].strip("'\"")
        return httpx.Response(200, json={"model_versions": [one for one in self.versions if one["name"] == name]})


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def client(post: Post) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(
        "http://tenure", post.desk.secrets["engineer"], transport=httpx.ASGITransport(post.desk.platform.app)
    ) as opened:
        yield opened


async def brought_over(answers: Answers, client: AsyncClient, family: str | None = None) -> Imported:
    async with httpx.AsyncClient(base_url="http://mlflow", transport=httpx.MockTransport(answers)) as http:
        return await MlflowImport(MlflowRegistry(http), client, family).run()


async def test_each_fact_is_new_once_and_then_the_same(answers: Answers, client: AsyncClient) -> None:
    first, second = await brought_over(answers, client), await brought_over(answers, client)
    assert dict(first.new) == {"model": 1, "version": 1, "tags": 2, "alias": 1, "evidence": 1}
    assert (first.refused, dict(second.new), second.refused) == ([], {}, [])
    assert second.same == first.new


async def test_what_webhooks_told_before_is_the_same(answers: Answers, client: AsyncClient, post: Post) -> None:
    answers.models, answers.versions = [MODEL | {"name": "delays", "aliases": []}], [VERSION | {"name": "delays"}]
    await deliver(post, "model_version.created", CREATED | {"source": VERSION["source"], "run_id": RUN})
    imported = await brought_over(answers, client)
    assert (imported.new["version"], imported.same["version"], imported.refused) == (0, 1, [])


async def test_metrics_that_were_logged_later_are_more_evidence(answers: Answers, client: AsyncClient) -> None:
    await brought_over(answers, client)
    answers.metrics.append({"key": "recall", "value": 0.5, "timestamp": 2, "step": 0})
    assert dict((await brought_over(answers, client)).new) == {"evidence": 1}
    ledger = await client.get(f"{MODELS}/fraud/versions/1/evidence")
    assert [(one["verdict"], len(one["metrics"])) for one in ledger] == [("inconclusive", 1), ("inconclusive", 2)]


async def test_a_prompt_is_no_model(answers: Answers, client: AsyncClient) -> None:
    answers.models = [MODEL | {"tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}]
    assert dict((await brought_over(answers, client)).new) == {}


async def test_one_refusal_is_named_and_the_rest_comes_over(answers: Answers, client: AsyncClient) -> None:
    await brought_over(answers, client)
    answers.versions = [
        VERSION | {"source": "s3://elsewhere"},
        VERSION | {"version": "2", "tags": [{"key": "long", "value": "x" * 1_001}]},
    ]
    imported = await brought_over(answers, client)
    assert imported.new["version"] == 1
    [changed, long] = imported.refused
    assert changed.startswith("version 1 of fraud: Artifact is fixed")
    assert long == "tag long of version 2 of fraud: over 1000 characters"
    assert list(lines(imported))[2:] == ["refused: 2", f"  {changed}", f"  {long}"]


async def test_a_family_that_does_not_exist_refuses_its_models(answers: Answers, client: AsyncClient) -> None:
    imported = await brought_over(answers, client, family="nobodys")
    assert [one.partition(":")[0] for one in imported.refused] == ["fraud"]


async def test_a_token_that_may_not_ends_the_import(answers: Answers, post: Post) -> None:
    transport = httpx.ASGITransport(post.desk.platform.app)
    async with AsyncClient("http://tenure", post.desk.secrets["viewer"], transport=transport) as viewer:
        with pytest.raises(ProblemError) as refusal:
            await brought_over(answers, viewer)
    assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (httpx.Response(401, text="who are you"), "answered 401: who are you"),
        (httpx.Response(200, text="<html>"), "something else than MLflow"),
        (httpx.Response(200, json={"registered_models": [{"title": "x"}]}), "something else than MLflow"),
    ],
)
async def test_what_answers_otherwise_than_mlflow_does_is_named(
    answers: Answers, client: AsyncClient, fault: httpx.Response, said: str
) -> None:
    answers.fault = fault
    with pytest.raises(MlflowUnreadable, match=said):
        await brought_over(answers, client)


def test_a_metric_that_is_no_number_is_in_the_report_and_not_among_the_metrics() -> None:
    body = evidence(RUN, DIGEST, (Metric("auc", 0.5), Metric("loss", "NaN"), Metric("F1 score", 1.0)))
    told = [("auc", 0.5), (name_of("F1 score"), 1.0)]
    assert body["metrics"] == [{"name": name, "value": value, "n": 0} for name, value in told]
    assert body["report"] != evidence(RUN, DIGEST, (Metric("auc", 0.5),))["report"]


def test_the_tracker_is_shown_what_mlflows_own_client_would_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    assert authority() is None
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    assert shown() == "Basic YWRhOnNlY3JldA=="
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abc")
    assert shown() == "Bearer abc"


def shown() -> str:
    asked = authority()
    assert asked is not None
    request: httpx.Request = next(asked.sync_auth_flow(httpx.Request("GET", "http://mlflow")))
    return request.headers["authorization"]


def test_an_address_is_http_and_has_a_host() -> None:
    assert address("http://mlflow:5000/") == "http://mlflow:5000"
    for wrong in ("mlflow:5000", "file:///mlruns", "https://"):
        with pytest.raises(BadParameter):
            address(wrong)
