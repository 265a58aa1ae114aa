"""Up to which instant is every commit of a source in the store?"""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_context_sync.freshness.complete import MOST_CLAIMS, Look, Proof, learn
from tenure_eventlog import Partition

from tests.unit.context_sync.freshness.connector import NOON, ROWS, Commit, World

commits = st.lists(
    st.builds(Commit, st.integers(0, 3), st.lists(st.integers(0, 3), max_size=3).map(tuple)), min_size=4, max_size=12
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 8)),
        st.tuples(st.just("fold"), st.integers(0, 4)),
        st.tuples(st.just("fold up"), st.integers(0, 4)),
        st.sampled_from([("look", 0), ("see", 0), ("ask", 0)]),
        st.tuples(st.just("restart"), st.integers(1, 6)),
    ),
    min_size=10,
    max_size=60,
)


def take(world: World, step: tuple[str, int]) -> None:
    match step:
        case ("append", how_many):
            world.append(how_many)
        case ("fold", which):
            world.fold(which, 1)
        case ("fold up", which):
            world.fold(which, 1_000)
        case ("see", _):
            world.see()
        case ("ask", _):
            world.ask()
        case ("look", _):
            world.see()
            world.ask()
        case ("restart", back):
            world.restart(back)


@settings(max_examples=600, deadline=None)
@given(commits=commits, partitions=st.integers(1, 3), marked=st.booleans(), steps=steps)
def test_nothing_is_missing_before_it_whatever_lags_behind_or_comes_twice(
    commits: list[Commit], partitions: int, marked: bool, steps: list[tuple[str, int]]
) -> None:
    """Every interleaving of appending, folding, looking and restarting; the two halves of a look may lie far apart."""
    world, before = World.of(commits, partitions, marked=marked), None
    for step in steps:
        take(world, step)
        complete, missing = world.proof.complete_until, world.oldest_missing()
        assert complete is None or missing is None or complete <= missing
        assert before is None or (complete is not None and complete >= before), "it never goes back"
        before = complete


@settings(max_examples=200, deadline=None)
@given(commits=commits, partitions=st.integers(1, 3), marked=st.booleans(), steps=steps)
def test_once_all_is_folded_one_look_shows_it(
    commits: list[Commit], partitions: int, marked: bool, steps: list[tuple[str, int]]
) -> None:
    world = World.of(commits, partitions, marked=marked)
    for step in steps:
        take(world, step)
    world.append(len(world.to_write))
    for which in range(len(world.all_partitions)):
        world.fold(which, 1_000)
    world.see()
    world.ask()
    assert world.proof.complete_until == world.to_write[-1].at


ONE, TWO = Partition(ROWS, 0), Partition(ROWS, 1)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def look(folded_one: int, folded_two: int, ends: tuple[int, int], beat: float | None = None, **newest: float) -> Look:
    found = {{"one": ONE, "two": TWO}[name]: after(at) for name, at in newest.items()}
    heartbeat = None if beat is None else after(beat)
    return Look({ONE: folded_one, TWO: folded_two}, found, heartbeat, None, {ONE: ends[0], TWO: ends[1]})


def learnt(*looks: Look) -> Proof:
    proof = Proof()
    for one in looks:
        proof = learn(proof, one, frozenset((ROWS,)))
    return proof


def test_an_idle_source_is_complete_up_to_its_heartbeat() -> None:
    assert learnt(look(4, 4, (4, 4), beat=9, one=1, two=2)).complete_until == after(9)


def test_a_heartbeat_proves_nothing_before_what_lay_ahead_of_it_is_folded() -> None:
    lagging = look(4, 3, (4, 5), beat=9, one=1, two=2)
    assert learnt(lagging).complete_until == after(1)
    assert learnt(lagging, look(4, 5, (4, 7), beat=9, one=1, two=5)).complete_until == after(9)


def test_a_partition_that_lags_holds_it_at_the_newest_commit_folded_there() -> None:
    assert learnt(look(90, 3, (90, 50), one=60, two=7)).complete_until == after(7)


def test_of_a_partition_that_was_never_read_nothing_is_known() -> None:
    assert learnt(look(4, 0, (4, 1), one=9)).complete_until is None


def test_steady_traffic_does_not_keep_it_from_moving() -> None:
    """The log's end is ahead of the store at each look."""
    looks = [look(n, n, (n + 1, n + 1), beat=n, one=n, two=0) for n in range(1, 6)]
    assert learnt(*looks).complete_until == after(4)


def test_a_store_that_falls_ever_further_behind_keeps_no_more_claims_than_the_limit() -> None:
    looks = [look(1, 0, (n, n), beat=n, one=1) for n in range(1, 3 * MOST_CLAIMS)]
    assert len(learnt(*looks).claims) == MOST_CLAIMS


def test_a_transaction_that_has_not_ended_holds_it_at_its_commit() -> None:
    open_look = Look({ONE: 4, TWO: 4}, {ONE: after(3)}, after(9), after(3), {ONE: 4, TWO: 4})
    assert learnt(open_look).complete_until == after(3)
    assert learnt(open_look, look(4, 4, (4, 4), beat=9, one=3)).complete_until == after(9)


def test_what_was_proven_stays_so_when_a_transaction_is_told_again() -> None:
    """As after a restart of the connector, which writes what it had not noted down once more."""
    proven = look(4, 4, (4, 4), beat=9, one=3, two=3)
    told_again = Look({ONE: 5, TWO: 4}, {ONE: after(3)}, after(9), after(3), {ONE: 5, TWO: 4})
    assert learnt(proven, told_again).complete_until == after(9)
