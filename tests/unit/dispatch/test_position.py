"""Does an event's id lead back to exactly the place that it was written at?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_dispatch.listening.position import PositionUnreadable, read, written
from tenure_eventlog import Partition
from tenure_eventlog.topics import LIFECYCLE

PLACES = [Partition(spec.name, n) for spec in LIFECYCLE for n in range(spec.partitions)]


@given(st.fixed_dictionaries({place: st.integers(0, 10**18 - 1) for place in PLACES}))
def test_what_is_written_is_read_as_the_same(positions: dict[Partition, int]) -> None:
    assert read(written(positions)) == positions


def test_a_topic_that_came_later_begins_at_its_beginning() -> None:
    found = read("registry:1.2.3.4")
    assert found[Partition("tenure.registry.events", 3)] == 4
    assert found[Partition("tenure.rollout.events", 0)] == 0


@pytest.mark.parametrize(
    "text",
    ["", "7", "registry", "registry:", "registry:1", "registry:1.2.3", "registry:1.2.3.4.5", "registry:1.2.3.-4",
     "nobody:1.2.3.4", "registry:1.2.3.4;", "registry:1.2.3.x", "registry:1.2.3.4\n", "registry:1.2.3.٤",
     "registry:1.2.3." + "9" * 19, "registry:1.2.3.4;" * 200],
)  # fmt: skip
def test_what_we_never_wrote_is_refused(text: str) -> None:
    with pytest.raises(PositionUnreadable):
        read(text)


@given(st.text(max_size=80))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        assert set(read(text)) == set(PLACES)
    except PositionUnreadable:
        pass
