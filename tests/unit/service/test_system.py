"""What does every service tell of itself?"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tenure_eventlog import TopicMismatch
from tenure_eventlog.memory import MemoryLog
from tenure_registry.app import definition as registry
from tenure_service import ServiceSettings, open_platform

from tests.unit.service.desk import MODELS, VERSION, Desk, desk_over

PREFIX = "/registry/v1"
METRICS = {
    "tenure_commands": "counter",
    "tenure_command_seconds": "histogram",
    "tenure_http_requests": "counter",
    "tenure_events_folded": "gauge",
    "tenure_orphans": "gauge",
    "tenure_quarantined": "gauge",
    "tenure_rollbacks_unready": "gauge",
    "tenure_slas_broken": "gauge",
    "tenure_replica_lag_records": "gauge",
    "tenure_reactions_pending": "gauge",
    "tenure_clock_ahead_seconds": "gauge",
    "tenure_ready": "gauge",
    "tenure_access_dropped": "gauge",
    "tenure_deliveries": "counter",
    "tenure_listeners": "gauge",
}


async def test_health_is_told_without_a_token(desk: Desk) -> None:
    nobody = {"Authorization": ""}
    for path in ("/healthz", f"{PREFIX}/healthz"):
        assert (await desk.ask("GET", path, headers=nobody)).json() == {"alive": True}
    told = {"ready": True, "reasons": [], "degraded": []}
    assert (await desk.ask("GET", f"{PREFIX}/readyz", headers=nobody)).json() == told
    told = {"ready": True, "reasons": {"registry": []}, "degraded": {"registry": []}}
    assert (await desk.ask("GET", "/readyz", headers=nobody)).json() == told


async def test_a_service_that_is_not_ready_says_why(desk: Desk) -> None:
    desk.runtime.clock_trouble = "this machine's clock is +9.0 s off the log's: set it right"
    for path, reasons, degraded in (
        ("/readyz", {"registry": desk.runtime.reasons()}, {"registry": []}),
        (f"{PREFIX}/readyz", desk.runtime.reasons(), []),
    ):
        answer = await desk.ask("GET", path)
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "reasons": reasons, "degraded": degraded}


async def test_the_metrics_are_a_closed_list(desk: Desk) -> None:
    await desk.model()
    text = (await desk.ask("GET", f"{PREFIX}/metrics")).text
    types = dict(line.split()[2:] for line in text.splitlines() if line.startswith("# TYPE"))
    assert {n.removesuffix("_total"): t for n, t in types.items() if not n.endswith("_created")} == METRICS


async def test_positions_are_the_next_offsets_of_everything_that_reads(desk: Desk) -> None:
    partition = (await desk.model()).json()["partition"]
    answer = (await desk.ask("GET", f"{PREFIX}/positions")).json()
    own = {f"tenure.registry.events/{n}": int(n == partition) for n in range(4)}
    foreign = {f"tenure.{service}.events/{n}": 0 for service in ("context", "rollout", "monitor") for n in range(4)}
    inbox = {f"tenure.inbox/{n}": 0 for n in range(4)}
    assert answer["offsets"] == own | foreign | inbox


async def test_two_replicas_of_one_log_have_one_digest(desk: Desk, tmp_path: Path) -> None:
    await desk.model()
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    one = (await desk.ask("GET", f"{PREFIX}/state-digest")).json()
    async with desk_over(tmp_path / "other", log=desk.log) as other:
        assert (await other.ask("GET", f"{PREFIX}/state-digest")).json() == one
        await other.model("another")
        assert (await other.ask("GET", f"{PREFIX}/state-digest")).json() != one


async def test_the_wall_clock_is_not_moved(desk: Desk) -> None:
    moved = {"now": "2026-01-01T00:00:00Z", "at_least": {}}
    refused = await desk.ask("PUT", f"{PREFIX}/clock", moved, by="admin")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:clock-not-stepped")
    assert (await desk.ask("PUT", f"{PREFIX}/clock", moved)).status_code == 403


async def test_a_stepped_clock_moves_and_dates_what_happens(tmp_path: Path) -> None:
    async with desk_over(tmp_path, clock="stepped:2013-03-01T00:00:00Z") as desk:
        moved = {"now": "2013-03-02T00:00:00Z", "at_least": {}}
        answer = await desk.ask("PUT", f"{PREFIX}/clock", moved, by="admin")
        assert answer.json()["settled"] is True
        await desk.model()
        [(meta, _)] = await desk.runtime.replica.events("registry/model/delays")
    assert meta.time == datetime(2013, 3, 2, tzinfo=UTC)


async def test_the_description_is_openapi_3_1_with_every_path(desk: Desk) -> None:
    document = (await desk.ask("GET", f"{PREFIX}/openapi.json", headers={"Authorization": ""})).json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"]["/models/{model}"].keys() == {"get", "put"}
    assert document["paths"]["/models"].keys() == {"get", "post"}
    assert {"/healthz", "/readyz", "/metrics", "/positions", "/state-digest", "/orphans", "/clock", "/voids"} <= set(
        document["paths"]
    )


async def test_a_service_refuses_to_start_without_its_topics(tmp_path: Path) -> None:
    settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json")
    with pytest.raises(TopicMismatch, match=r"tenure\.registry\.events does not exist"):
        async with open_platform(settings, [registry()], event_log=MemoryLog()):
            pass


async def test_a_poisoned_stream_is_named_and_alone_stands_still_until_it_is_voided(desk: Desk) -> None:
    receipt = (await desk.model()).json()
    stream = desk.runtime.replica.stream("registry/model/delays")
    assert stream is not None
    stream.parked = "event 1 can't be folded"
    answer = await desk.ask("GET", f"{PREFIX}/readyz")
    parked = "registry/model/delays is parked: event 1 can't be folded"
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": [], "degraded": [parked]})
    assert (await desk.model("another")).status_code == 201
    refused = await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:stream-parked")
    void = {"stream": "registry/model/delays", "sequence": 1, "digest": receipt["digest"], "reason": "poison"}
    assert (await desk.ask("POST", f"{PREFIX}/voids", void)).status_code == 403
    assert (await desk.ask("POST", f"{PREFIX}/voids", void, by="admin")).status_code == 201
    assert desk.runtime.degraded() == []
    assert (await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)).status_code != 503


@pytest.mark.parametrize("clock", ["stepped:yesterday", "stepped:2013-03-01T00:00:00", "sundial"])
def test_a_clock_that_can_not_be_made_is_refused(clock: str) -> None:
    with pytest.raises(ValueError):
        ServiceSettings(clock=clock)


async def test_two_services_share_one_origin(tmp_path: Path) -> None:
    other = replace(registry(), prefix="/other/v1", name="other")
    log = MemoryLog()
    async with desk_over(tmp_path, log=log) as desk:
        settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json")
        async with open_platform(settings, [registry(), other], event_log=log) as platform:
            both = replace(desk, platform=platform)
            assert (await both.ask("GET", "/registry/v1/models")).status_code == 200
            assert (await both.ask("GET", "/other/v1/models")).status_code == 200
