"""What holds for a model, and who said so?"""

from typing import Any

from tests.unit.registry_questions.test_search import done
from tests.unit.service.desk import Desk


async def holds(desk: Desk, model: str, **query: str) -> Any:
    answer = await desk.ask("GET", f"/registry/v1/models/{model}/effective", params=query)
    assert answer.status_code == 200, answer.text
    return {name: (one["value"], one["said_by"]) for name, one in answer.json().items()}


async def test_what_a_model_does_not_say_its_family_says(desk: Desk) -> None:
    await done(desk, "/families", {"family": "risk", "owner": "p-risk", "risk_tier": "high", "contexts": ["crm"]})
    await done(desk, "/models", {"model": "fraud", "family": "risk", "risk_tier": "low"})
    assert await holds(desk, "fraud") == {
        "owner": ("p-risk", "family"),
        "policy": ("standard", "tenure"),
        "risk_tier": ("low", "model"),
        "contexts": (["crm"], "family"),
    }


async def test_a_model_alone_belongs_to_who_made_it(desk: Desk) -> None:
    await done(desk, "/models", {"model": "churn"})
    found = await holds(desk, "churn")
    assert found["owner"] == (desk.tokens.named("engineer").id, "creator")
    assert (found["risk_tier"], found["contexts"]) == ((None, "nobody"), ([], "nobody"))


async def test_models_follow_their_family_and_the_past_stays_what_it_was(desk: Desk) -> None:
    await done(desk, "/families", {"family": "risk", "owner": "p-risk"})
    receipt = await done(desk, "/models", {"model": "fraud", "family": "risk"})
    before = (await desk.ask("GET", "/registry/v1/models/fraud/effective")).headers["Tenure-Offsets"]
    await done(desk, "/families/risk", {"owner": "p-new"}, method="PUT")
    assert (await holds(desk, "fraud"))["owner"] == ("p-new", "family")
    assert (await holds(desk, "fraud", as_of=before))["owner"] == ("p-risk", "family")
    assert receipt["changed"]


async def test_there_is_nothing_to_hold_for_a_model_that_there_is_not(desk: Desk) -> None:
    answer = await desk.ask("GET", "/registry/v1/models/ghost/effective")
    assert answer.status_code == 404
