"""Which revisions do the routes of deployments still refer to?"""

from datetime import UTC, datetime

from tenure_context_sync.context.references import (
    Arm,
    ContextRef,
    Deployed,
    ReleaseCreated,
    RolloutEvent,
    RouteChanged,
    fold_deployment,
)
from tenure_journal import Meta

META = Meta.__new__(Meta)  # the fold does not look at it
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def release(name: str, revision: int) -> ReleaseCreated:
    return ReleaseCreated(release=name, contexts=(ContextRef(context="weather", revision=revision),))


def route(*releases: str) -> RouteChanged:
    return RouteChanged(arms=tuple(Arm(release=name) for name in releases))


RELEASES = [release("r1", 1), release("r2", 2), release("r3", 3)]


def reads(*events: RolloutEvent) -> set[int]:
    deployed = Deployed()
    for event in (*RELEASES, *events):
        deployed = fold_deployment(deployed, event, META)
    return {revision for _, revision in deployed.reads()}


def test_a_release_that_no_route_has_refers_to_nothing() -> None:
    assert reads() == set()


def test_those_of_the_route_and_of_the_one_before_it_are_referred_to() -> None:
    assert reads(route("r1")) == {1}
    assert reads(route("r1"), route("r1", "r2")) == {1, 2}
    assert reads(route("r1"), route("r1", "r2"), route("r2")) == {1, 2}
    assert reads(route("r1"), route("r1", "r2"), route("r2"), route("r3")) == {2, 3}


def test_other_weights_of_the_same_releases_are_no_other_route() -> None:
    assert reads(route("r1"), route("r1", "r2"), route("r2"), route("r2")) == {1, 2}
