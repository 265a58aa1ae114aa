"""A client retries under the same key, reads its own writes, and gives refusals as exceptions."""

import json

import httpx
import pytest
from tenure.client import AsyncClient, Client, ProblemError

RECEIPT = {"event_id": "e", "stream": "registry/model/m", "sequence": 1}
OFFSETS = {"Tenure-Offsets": '{"tenure.registry.events/2": 5}'}


class Service:
    """Answers each request with the next of `answers`; an exception is raised instead."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> Client:
        return Client("http://tenure", "secret", transport=httpx.MockTransport(self))

    def said(self, header: str) -> list[str | None]:
        return [request.headers.get(header) for request in self.asked]


def unavailable(kind: str) -> httpx.Response:
    return httpx.Response(503, json={"type": f"urn:tenure:problem:{kind}", "title": kind, "detail": "not now"})


def test_every_mutation_has_a_key_of_its_own_and_the_token() -> None:
    service = Service(httpx.Response(201, json=RECEIPT), httpx.Response(201, json=RECEIPT))
    with service.client() as client:
        assert client.post("/registry/v1/models", {"model": "a"}) == RECEIPT
        client.post("/registry/v1/models", {"model": "b"})
    first, second = service.said("idempotency-key")
    assert first
    assert second
    assert first != second
    assert service.said("authorization") == ["Bearer secret"] * 2


def test_an_unavailable_service_is_asked_again_with_the_same_key_and_bytes() -> None:
    service = Service(unavailable("log-unavailable"), httpx.Response(201, json=RECEIPT))
    with service.client() as client:
        assert client.post("/registry/v1/models", {"model": "a"}, key="k") == RECEIPT
    assert service.said("idempotency-key") == ["k", "k"]
    assert [request.content for request in service.asked] == [b'{"model":"a"}'] * 2
    assert service.said("tenure-unanswered-seconds") == [None, None]


@pytest.mark.parametrize(
    "trouble",
    [unavailable("outcome-unknown"), httpx.Response(502), httpx.Response(504), httpx.ReadError("the line broke")],
    ids=["outcome unknown", "proxy lost it", "proxy waited too long", "line broke"],
)
def test_a_try_whose_outcome_is_unknown_is_told_to_the_next(trouble: httpx.Response | Exception) -> None:
    service = Service(trouble, httpx.Response(201, json=RECEIPT))
    with service.client() as client:
        client.post("/registry/v1/models", {"model": "a"})
    first, second = service.said("tenure-unanswered-seconds")
    assert first is None
    assert second is not None
    assert 0 <= float(second) < 60


def test_a_command_that_was_never_sent_leaves_no_doubt() -> None:
    service = Service(httpx.ConnectError("refused"), httpx.Response(201, json=RECEIPT))
    with service.client() as client:
        client.post("/registry/v1/models", {"model": "a"})
    assert service.said("tenure-unanswered-seconds") == [None, None]


def test_the_last_failure_is_a_problem() -> None:
    service = Service(*[unavailable("log-unavailable")] * 5)
    with service.client() as client, pytest.raises(ProblemError) as failure:
        client.get("/registry/v1/models")
    assert (failure.value.status, failure.value.type) == (503, "urn:tenure:problem:log-unavailable")


def test_a_refusal_is_given_at_once_with_its_facts() -> None:
    problem = {"type": "urn:tenure:problem:four-eyes-required", "title": "Four eyes", "detail": "no", "author": "p-1"}
    service = Service(httpx.Response(409, json=problem))
    with service.client() as client, pytest.raises(ProblemError) as refused:
        client.post("/registry/v1/models/m/versions/1/approvals", {})
    assert refused.value.problem == problem
    assert len(service.asked) == 1


def test_a_failure_that_is_no_json_is_a_problem_too() -> None:
    with Service(httpx.Response(500, text="oh")).client() as client, pytest.raises(ProblemError, match="oh"):
        client.get("/")


def test_reads_after_a_write_demand_a_replica_that_has_seen_it() -> None:
    service = Service(httpx.Response(201, json=RECEIPT, headers=OFFSETS), httpx.Response(200, json={}))
    with service.client() as client:
        client.post("/registry/v1/models", {"model": "a"})
        client.get("/registry/v1/models/a")
    assert service.said("tenure-at-least") == [None, json.dumps({"tenure.registry.events/2": 5})]


def test_an_answer_of_a_slower_replica_does_not_move_the_demand_back() -> None:
    older = {"Tenure-Offsets": '{"tenure.registry.events/2": 3, "tenure.registry.events/1": 9}'}
    service = Service(
        httpx.Response(201, json=RECEIPT, headers=OFFSETS),
        httpx.Response(200, json={}, headers=older),
        httpx.Response(200, json={}),
    )
    with service.client() as client:
        client.post("/registry/v1/models", {"model": "a"})
        client.get("/registry/v1/models/a")
        client.get("/registry/v1/models/a")
    demanded = service.said("tenure-at-least")[2]
    assert demanded is not None
    assert json.loads(demanded) == {"tenure.registry.events/2": 5, "tenure.registry.events/1": 9}


async def test_the_client_for_asyncio_does_the_same() -> None:
    service = Service(unavailable("outcome-unknown"), httpx.Response(201, json=RECEIPT, headers=OFFSETS))
    async with AsyncClient("http://tenure", "secret", transport=httpx.MockTransport(service)) as client:
        assert await client.post("/registry/v1/models", {"model": "a"}, key="k") == RECEIPT
    assert service.said("idempotency-key") == ["k", "k"]
    assert service.said("tenure-unanswered-seconds")[1] is not None


def test_what_replaces_and_what_takes_away_have_keys_too() -> None:
    service = Service(httpx.Response(201, json=RECEIPT), httpx.Response(201, json=RECEIPT))
    with service.client() as client:
        assert client.put("/registry/v1/models/m", {"owner": "o"}, key="k", headers={"If-Match": '"3"'}) == RECEIPT
        assert client.delete("/registry/v1/models/m/consumers/c") == RECEIPT
    assert [request.method for request in service.asked] == ["PUT", "DELETE"]
    assert service.said("if-match") == ['"3"', None]
    first, second = service.said("idempotency-key")
    assert first == "k"
    assert second


def test_an_answer_can_be_had_with_what_makes_sure_that_nobody_changed_it_since() -> None:
    service = Service(httpx.Response(200, json={"owner": "o"}, headers={"ETag": '"3"'}))
    with service.client() as client:
        assert client.get_tagged("/registry/v1/models/m") == ({"owner": "o"}, '"3"')
