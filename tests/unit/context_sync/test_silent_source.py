"""When has a source fallen silent, and when does it live again?"""

from datetime import timedelta

from tenure_context_sync.events import SourceRecovered, SourceSilent
from tenure_context_sync.source.commands import DeclareRecovered, DeclareSilent
from tenure_context_sync.source.decider import source_decider
from tenure_context_sync.source.rules import SourceUnknown
from tenure_decider import given

from tests.unit.context_sync.story import NOON, OBSERVATIONS, registered

LATER = NOON + timedelta(seconds=11)
declare = DeclareSilent(source=OBSERVATIONS, last_heartbeat_at=NOON, limit_seconds=10, now=LATER)
silent = SourceSilent(source=OBSERVATIONS, last_heartbeat_at=NOON, limit_seconds=10, silent_at=LATER)
recover = DeclareRecovered(source=OBSERVATIONS, heartbeat_at=LATER, now=LATER)
recovered = SourceRecovered(source=OBSERVATIONS, heartbeat_at=LATER, recovered_at=LATER)


def test_a_living_source_falls_silent() -> None:
    given(source_decider, registered).when(declare).then(silent)


def test_a_silent_source_falls_silent_once() -> None:
    given(source_decider, registered, silent).when(declare).then_nothing()


def test_a_silent_source_recovers() -> None:
    given(source_decider, registered, silent).when(recover).then(recovered)


def test_a_living_source_does_not_recover() -> None:
    given(source_decider, registered).when(recover).then_nothing()


def test_a_recovered_source_may_fall_silent_again() -> None:
    given(source_decider, registered, silent, recovered).when(declare).then(silent)


def test_what_is_not_registered_has_no_silence() -> None:
    given(source_decider).when(declare).then_rejected(SourceUnknown, source=OBSERVATIONS)
