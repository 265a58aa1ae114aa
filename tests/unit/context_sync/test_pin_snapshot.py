"""Which stretch of a source was a model trained on?"""

from dataclasses import replace

import pytest
from tenure_context_sync.names import ContextName
from tenure_context_sync.snapshot.decider import PinSnapshot, SnapshotIsFixed, snapshot_decider
from tenure_decider import given

from tests.unit.context_sync.story import WEATHER, WINTER, pin, pinned


def test_a_snapshot_is_pinned() -> None:
    given(snapshot_decider).when(pin).then(pinned)


def test_pinning_it_again_changes_nothing() -> None:
    given(snapshot_decider, pinned).when(pin).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        replace(pin, digest="sha256:bb"),
        replace(pin, offsets=()),
        replace(pin, revision=2),
        replace(pin, context=ContextName("aircraft")),
    ],
)
def test_what_a_snapshot_pins_never_changes(other: PinSnapshot) -> None:
    given(snapshot_decider, pinned).when(other).then_rejected(
        SnapshotIsFixed, snapshot=WINTER, context=WEATHER, revision=1, digest="sha256:aa"
    )
