"""Which models and versions does a search find?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.registry_questions.test_history import EVIDENCE
from tests.unit.service.desk import MODELS, Desk

VERSIONS = "/registry/v1/versions"


async def done(desk: Desk, path: str, body: Any, *, method: str = "POST", by: str = "engineer", **headers: str) -> Any:
    answer = await desk.ask(method, f"/registry/v1{path}", body, by=by, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def catalogue(desk: Desk) -> None:
    """`fraud` has two versions and a family; `churn` one that a vendor hosts."""
    await done(desk, "/families", {"family": "risk", "owner": "p-risk", "risk_tier": "high"})
    await done(desk, "/models", {"model": "fraud", "family": "risk", "variant": {"region": "eu"}})
    await done(desk, "/models", {"model": "churn", "owner": "p-churn"})
    for version, framework in (("v1", "sklearn 1.6"), ("v2", "XGBoost")):
        body = {"model_version": version, "artifact_digest": EVIDENCE["seen_digest"], "framework": framework}
        await done(desk, "/models/fraud/versions", body)
    await done(desk, "/models/churn/versions", {"model_version": "gpt", "hosted": {"provider": "o", "model_id": "m"}})
    await done(desk, "/models/fraud/aliases/champion", {"model_version": "v2"}, method="PUT")
    await done(desk, "/models/fraud/tags", {"tags": {"team": "risk", "cost": 3}})
    await done(desk, "/models/fraud/versions/v2/tags", {"tags": {"team": "blue", "cost": 0}})
    for name, value, version in (("first", 0.3, "v1"), ("second", 0.1, "v1"), ("only", 0.25, "v2")):
        metric = {"name": "brier", "value": value, "n": 900}
        sliced = {"name": "brier", "value": 0.9, "n": 9, "slice": "night"}
        evidence = {**EVIDENCE, "evidence": name, "metrics": [metric, sliced]}
        await done(desk, f"/models/fraud/versions/{version}/evidence", evidence)


async def found(desk: Desk, *where: str, path: str = VERSIONS, **query: str) -> list[str]:
    answer = await desk.ask("GET", path, params={"where": list(where), **query})
    assert answer.status_code == 200, answer.text
    return [f"{item['model']}/{item.get('model_version', '')}".rstrip("/") for item in answer.json()["items"]]


V1, V2, GPT = "fraud/v1", "fraud/v2", "churn/gpt"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((), [GPT, V1, V2]),
        (("model=fraud",), [V1, V2]),
        (("model!=fraud",), [GPT]),
        (("family=risk", "framework~SKLEARN"), [V1]),
        (("owner=p-risk",), [V1, V2]),
        (("owner=p-churn",), [GPT]),
        (("risk_tier=high",), [V1, V2]),
        (("region=eu",), [V1, V2]),
        (("policy=tenure-standard",), []),
        (("policy~standard",), [GPT, V1, V2]),
        (("kind=hosted",), [GPT]),
        (("alias=champion",), [V2]),
        (("tag.team=risk",), [V1]),
        (("tag.cost<1",), [V2]),
        (("tag.cost>=0",), [V1, V2]),
        (("metric.brier<0.2",), [V1]),
        (("metric.brier>=0.25",), [V2]),
        (("evidence.evaluation=passed",), [V1, V2]),
        (("evidence.fairness=passed",), []),
        (("evidence.fairness!=passed", "alias=champion"), [V2]),
        (("stage!=production",), [GPT, V1, V2]),
        (("stage=production",), []),
        (("registered_at>2026-01-01T00:00:00Z",), [GPT, V1, V2]),
        (("registered_at<2026-01-01T00:00:00Z",), []),
        (("version~v", "digest~sha256:a"), [V1, V2]),
    ],
)
async def test_all_terms_must_hold(desk: Desk, where: tuple[str, ...], expected: list[str]) -> None:
    await catalogue(desk)
    assert await found(desk, *where) == expected


async def test_a_model_is_found_by_its_own_and_by_one_version_of_which_all_holds(desk: Desk) -> None:
    await catalogue(desk)
    assert await found(desk, path=MODELS) == ["churn", "fraud"]
    assert await found(desk, "tag.team=risk", "framework=XGBoost", path=MODELS) == ["fraud"]
    assert await found(desk, "framework=XGBoost", "metric.brier<0.2", path=MODELS) == []


@pytest.mark.parametrize(
    ("term", "says"),
    [
        ("stage", "is not `field operator value`"),
        ("colour=red", "known are alias, consumer, digest"),
        ("metric<0.2", "needs a key"),
        ("stage.x=1", "takes none"),
        ("evidence.horoscope=passed", "known are evaluation, fairness"),
        ("evidence.fairness=maybe", "known are passed, failed, inconclusive"),
        ("metric.brier<low", "a number is needed"),
        ("metric.brier<nan", "a number is needed"),
        ("metric.brier~0.2", "is a number"),
        ("framework<2", "is text"),
        ("registered_at>2026-01-01", "an instant with a time zone is needed"),
        ("tag.cost<cheap", "neither a number nor an instant"),
        ("kind=rented", "known are artifact, hosted"),
        ("gate=ajar", "known are reopened, satisfied"),
    ],
)
async def test_a_term_that_can_not_be_read_is_named_with_what_is_known(desk: Desk, term: str, says: str) -> None:
    for path in (VERSIONS, MODELS):
        refused = await desk.ask("GET", path, params={"where": ["model=fraud", term]})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:term-unreadable")
        assert refused.json()["term"] == term
        assert says in refused.json()["detail"]


async def test_pages_are_stable_while_versions_come(desk: Desk) -> None:
    await catalogue(desk)
    first = (await desk.ask("GET", VERSIONS, params={"limit": "2"})).json()
    await done(desk, "/models/churn/versions", {"model_version": "new", "artifact_digest": EVIDENCE["seen_digest"]})
    await done(desk, "/models/fraud/versions", {"model_version": "a", "artifact_digest": EVIDENCE["seen_digest"]})
    second = (await desk.ask("GET", VERSIONS, params={"limit": "2", "cursor": first["next"]})).json()
    assert [item["model_version"] for item in first["items"] + second["items"]] == ["gpt", "v1", "v2", "a"]
    assert second["next"] is None
    assert (await desk.ask("GET", VERSIONS, params={"cursor": "eA=="})).status_code == 400


async def test_it_searches_the_past_with_what_was_inherited_then(desk: Desk) -> None:
    await catalogue(desk)
    vector = (await desk.ask("GET", MODELS)).headers["tenure-offsets"]
    await done(desk, "/families/risk", {"owner": "p-new"}, method="PUT")
    await done(desk, "/models/fraud/aliases/champion", {"model_version": "v1"}, method="PUT")
    assert await found(desk, "owner=p-new", "alias=champion") == [V1]
    assert await found(desk, "owner=p-risk", "alias=champion", as_of=vector) == [V2]
    assert await found(desk, "owner=p-new", as_of=vector) == []
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert await found(desk, effective_at=before) == []


async def test_a_page_of_the_past_looks_at_a_hundred_models_and_the_next_one_goes_on(desk: Desk) -> None:
    for number in range(101):
        await desk.model(f"m{number:03}")
    query = {"effective_at": datetime.now(UTC).isoformat(), "where": "model=m100"}
    first = (await desk.ask("GET", MODELS, params=query)).json()
    second = (await desk.ask("GET", MODELS, params={**query, "cursor": first["next"]})).json()
    assert (first["items"], [item["model"] for item in second["items"]], second["next"]) == ([], ["m100"], None)


async def test_a_model_that_can_not_be_read_is_named_and_the_others_are_found(desk: Desk) -> None:
    await catalogue(desk)
    stream = desk.runtime.replica.stream("registry/model/churn")
    assert stream
    stream.parked = "a test says so"
    answer = (await desk.ask("GET", VERSIONS, params={"where": "model~r"})).json()
    assert (len(answer["items"]), answer["parked"]) == (2, ["registry/model/churn"])


async def test_an_instant_tag_is_compared_as_an_instant(desk: Desk) -> None:
    await catalogue(desk)
    await done(desk, "/models/churn/tags", {"tags": {"review": "2026-06-01T00:00:00+02:00"}})
    assert await found(desk, "tag.review<2026-06-01T00:00:00Z") == [GPT]
    assert await found(desk, "tag.review<2026-05-31T00:00:00Z") == []
