"""Is an answer that was kept ever an old one?"""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from tenure_service import At
from tenure_service.fast import ENTRY_BYTES, Answers

from tests.unit.service.desk import MODELS, VERSION, Desk

READ = f"{MODELS}/delays"
STATES = [object() for _ in range(3)]


async def versions(desk: Desk) -> list[Any]:
    return [version["model_version"] for version in (await desk.ask("GET", READ)).json()["versions"]]


async def test_a_read_shows_each_change_at_once_however_often_it_was_asked_before(desk: Desk) -> None:
    await desk.model()
    for number in range(3):
        assert len(await versions(desk)) == len(await versions(desk)) == number
        await desk.ask("POST", f"{READ}/versions", {**VERSION, "model_version": f"v{number}"})
    assert await versions(desk) == ["v0", "v1", "v2"]


async def test_each_answer_says_up_to_which_offset_it_was_read(desk: Desk) -> None:
    receipts = [(await desk.model()).json()]
    for name in ("v0", "v1"):
        receipts.append((await desk.ask("POST", f"{READ}/versions", {**VERSION, "model_version": name})).json())
        read_at = orjson.loads((await desk.ask("GET", READ)).headers["tenure-offsets"])
        assert read_at[f"tenure.registry.events/{receipts[0]['partition']}"] == receipts[-1]["offset"] + 1


async def test_what_was_answered_once_is_not_answered_while_its_stream_is_parked(desk: Desk) -> None:
    await desk.model()
    assert (await desk.ask("GET", READ)).status_code == 200
    stream = desk.runtime.replica.stream("registry/model/delays")
    assert stream is not None
    stream.parked = "event 1 can't be folded"
    assert (await desk.ask("GET", READ)).json()["type"] == "urn:tenure:problem:stream-parked"


async def test_a_kept_answer_is_for_nobody_without_a_token_and_its_reading_is_noted_each_time(desk: Desk) -> None:
    await desk.model()
    await desk.ask("POST", f"{READ}/versions", VERSION)
    path = f"{READ}/versions/v1"
    assert [(await desk.ask("GET", path)).status_code for _ in range(3)] == [200] * 3
    assert (await desk.ask("GET", path, headers={"Authorization": ""})).status_code == 401
    assert [entry["path"] for entry in await desk.noted(3)] == [path] * 3


async def test_the_past_is_not_kept_in_place_of_the_present(desk: Desk) -> None:
    partition = (await desk.model()).json()["partition"]
    await desk.ask("POST", f"{READ}/versions", VERSION)
    before = {"as_of": f'{{"tenure.registry.events/{partition}": 1}}'}
    for _ in range(2):
        assert (await desk.ask("GET", READ, params=before)).json()["versions"] == []
        assert await versions(desk) == ["v1"]


def moment(state: object, sequence: int = 1) -> At:
    return At("registry/model/m", {}, state, sequence)


def test_the_longest_kept_answers_make_room_for_new_ones() -> None:
    answers, at = Answers(most_bytes=16 * (ENTRY_BYTES + 10)), moment(object())
    for number in range(20):
        answers.keep(f"/{number}", at, b"0123456789")
    assert [number for number in range(20) if answers.of(f"/{number}", at)] == list(range(4, 20))


def test_an_event_that_leaves_the_state_as_it_was_outdates_the_answer_too() -> None:
    answers, state = Answers(), object()
    answers.keep("/m", moment(state, 1), b"{}")
    assert answers.of("/m", moment(state, 1)) == b"{}"
    assert answers.of("/m", moment(state, 2)) is None


steps = st.lists(st.tuples(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.integers(0, 2), st.integers(0, 12)))


@given(steps)
def test_what_is_kept_is_of_that_state_and_never_more_than_was_allowed(steps: list[tuple[str, int, int]]) -> None:
    answers, newest = Answers(most_bytes=16 * (ENTRY_BYTES + 10)), dict[str, tuple[int, bytes]]()
    for path, state, size in steps:
        body = b"%d" % state * size
        answers.keep(path, moment(STATES[state]), body)
        newest[path] = (state, body)
        kept = {p: found for p, (s, _) in newest.items() if (found := answers.of(p, moment(STATES[s]))) is not None}
        assert all(found == newest[p][1] for p, found in kept.items())
        assert sum(len(found) + ENTRY_BYTES for found in kept.values()) <= 16 * (ENTRY_BYTES + 10)
        assert (path in kept) == (len(body) <= 10)
        assert answers.of(path, moment(STATES[state - 1])) is None
