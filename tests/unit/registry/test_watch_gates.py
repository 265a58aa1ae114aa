"""Does a gate reopen when what it rests on falls, and close when it stands again, each time once?"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from tenure_registry.model.commands import Rules
from tenure_registry.model.events import GateReason, GateReopened, GateSatisfied
from tenure_registry.names import PRODUCTION, Digest, ModelName
from tenure_registry.parts import ContextRef
from tenure_registry.policy.inheritance import effective
from tenure_registry.policy.standard import ENTERPRISE
from tenure_registry.reactions import WatchGates
from tenure_registry.streams import MODEL, family_stream, model_stream, policy_stream

from tests.unit.registry.bench import DELAYS_STREAM, Bench, Watch
from tests.unit.registry.story import (
    NOON,
    V1,
    create,
    grant,
    record,
    register,
    revoke,
    to_production,
)
from tests.unit.registry.story_approvals import NEXT_WEEK
from tests.unit.registry.story_catalogue import V2, observe, register_hosted
from tests.unit.registry.story_endings import deprecate
from tests.unit.registry.story_gates import reopened, satisfied
from tests.unit.registry.story_policy import (
    ARRIVALS,
    BANK,
    HOUSE,
    SECOND,
    bank,
    brier_limit,
    change_family,
    create_family,
    house,
    publish,
    way,
)

lived = (create, register, record, grant, to_production)
evaluated_lately = way(PRODUCTION, evidence=(replace(brier_limit, name="evaluated"),))
enterprise = replace(house, transitions=(evaluated_lately,))
publish_enterprise = replace(publish, policy=ENTERPRISE, document=enterprise)


async def gates(watch: Watch) -> list[GateReopened | GateSatisfied]:
    return [event for event in await watch.happened() if isinstance(event, GateReopened | GateSatisfied)]


async def reasons(watch: Watch) -> list[list[tuple[str, str]]]:
    """Of each turn of the gate the requirements that are unmet, and how; none where it is satisfied."""
    return [
        [(one.requirement, one.status) for one in event.reasons] if isinstance(event, GateReopened) else []
        for event in await gates(watch)
    ]


async def test_a_gate_stays_closed_while_nothing_happens(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived)
    assert await gates(watch) == []


async def test_a_revoked_approval_of_what_serves_reopens_the_gate_and_a_new_one_satisfies_it(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived, revoke)
    assert await gates(watch) == [reopened]
    await watch.do(grant)
    assert await gates(watch) == [reopened, satisfied]


async def test_what_falls_twice_reopens_the_gate_twice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived)
    for _ in range(2):
        await watch.do(revoke)
        await watch.reactor.settle()
        await watch.do(grant)
        await watch.reactor.settle()
    assert await gates(watch) == [reopened, satisfied, reopened, satisfied]


async def test_two_replicas_turn_a_gate_once(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(*lived, revoke)
    assert await gates(two) == await gates(one) == [reopened]
    await two.do(grant)
    assert await gates(one) == await gates(two) == [reopened, satisfied]


async def test_two_versions_of_one_model_have_their_own_gates(bench: Bench) -> None:
    """Both fall in one moment, and each is told."""
    watch = await bench.open()
    of_second = partial(replace, model_version=V2)
    await watch.do(*lived, *map(of_second, (register, record, grant, to_production)))
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    bench.move_days(90)
    found = await gates(watch)
    assert sorted(event.model_version for event in found) == [V1, V2]


async def test_contradicting_evidence_reopens_the_gate(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived, replace(record, evidence="eval-2", verdict="failed"))
    assert await reasons(watch) == [[("evaluated", "contradicted"), ("approved", "outdated")]]


async def test_a_newer_bound_context_revision_reopens_the_gate_and_evidence_made_with_it_satisfies_it(
    bench: Bench,
) -> None:
    watch = await bench.open()
    await watch.bind("weather", 1)
    made_with = replace(record, contexts=(ContextRef(context="weather", revision=1),))
    await watch.do(create, register, made_with, grant, to_production)
    assert await reasons(watch) == []
    await watch.bind("weather", 2)
    assert await reasons(watch) == [[("evaluated", "outdated")]]
    await watch.do(replace(record, evidence="eval-2", contexts=(ContextRef(context="weather", revision=2),)), grant)
    assert (await reasons(watch))[-1] == []


async def test_another_fingerprint_reopens_the_gate_of_evidence_and_approvals(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register_hosted, record, grant, to_production, observe)
    assert await reasons(watch) == [[("evaluated", "outdated"), ("approved", "outdated")]]


async def test_a_policys_new_revision_reopens_the_gate(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived)
    stricter = replace(enterprise, transitions=(way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1),)),))
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    assert await reasons(watch) == []
    await watch.do(replace(publish_enterprise, document=stricter, digest=SECOND), stream=policy_stream(ENTERPRISE))
    assert await reasons(watch) == [[("quality", "failed")]]


async def test_a_new_revision_of_what_a_policy_inherits_reopens_the_gate(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(replace(publish, document=enterprise), stream=policy_stream(HOUSE))
    await watch.do(
        replace(publish, policy=BANK, document=bank, ancestors=(enterprise,), digest=SECOND),
        stream=policy_stream(BANK),
    )
    under_bank = Rules(policy=effective(BANK, 1, [bank, enterprise]), risk_tier=None, contexts={})
    await watch.do(replace(create, policy=BANK), register, record, grant, replace(to_production, rules=under_bank))
    stricter = replace(enterprise, transitions=(way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1),)),))
    assert await reasons(watch) == []
    await watch.do(replace(publish, document=stricter, digest=Digest("sha256:03")), stream=policy_stream(HOUSE))
    assert await reasons(watch) == [[("quality", "failed")]]


async def test_a_familys_other_risk_tier_reopens_the_gate(bench: Bench) -> None:
    watch = await bench.open()
    for_high = way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1, tiers=("high",)),))
    await watch.do(replace(publish, document=replace(house, transitions=(for_high,))), stream=policy_stream(HOUSE))
    await watch.do(create_family, stream=family_stream(ARRIVALS))
    await watch.do(replace(create, family=ARRIVALS), register, record, grant, to_production)
    assert await reasons(watch) == []
    await watch.do(change_family, stream=family_stream(ARRIVALS))
    assert await reasons(watch) == [[("quality", "failed")]]


async def test_age_alone_reopens_the_gate_on_the_day(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived)
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    bench.clock.move_to(NOON + timedelta(days=90) - timedelta(microseconds=1))
    assert await gates(watch) == []
    bench.clock.move_to(NOON + timedelta(days=90))
    too_old = GateReason(
        requirement="evaluated", status="expired", detail=f"since {(NOON + timedelta(days=90)).isoformat()}"
    )
    assert await gates(watch) == [
        GateReopened(
            model_version=V1,
            stage=PRODUCTION,
            reasons=(too_old,),
            policy=effective(ENTERPRISE, 1, [enterprise]).ref(PRODUCTION),
            reopened_at=NOON + timedelta(days=90),
        )
    ]


async def test_a_requirement_that_comes_into_force_reopens_the_gate_on_the_day(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived)
    from_then_on = way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1, applies_from=NEXT_WEEK),))
    await watch.do(
        replace(publish_enterprise, document=replace(house, transitions=(from_then_on,))),
        stream=policy_stream(ENTERPRISE),
    )
    assert await reasons(watch) == []
    bench.move_days(7)
    assert await reasons(watch) == [[("quality", "failed")]]


async def test_an_entry_told_late_that_would_not_be_let_in_today_is_reopened_at_once(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, record, replace(grant, expires_at=NEXT_WEEK))
    bench.clock.move_to(NEXT_WEEK)
    await watch.do(replace(to_production, now=NOON))
    expired_or_gone = await reasons(watch)
    assert [name for name, _ in expired_or_gone[0]] == ["approved"]


async def test_what_was_deprecated_is_watched_no_longer(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(*lived, deprecate, revoke)
    assert await gates(watch) == []


async def test_each_need_has_an_id_of_its_own(bench: Bench) -> None:
    """Else the second would be answered with the receipt of the first, and wait for another look."""
    watch = await bench.open()
    of_second = partial(replace, model_version=V2)
    await watch.do(*lived, *map(of_second, (register, record, grant, to_production)))
    stream = watch.replica.stream(DELAYS_STREAM)
    assert stream
    gates = WatchGates(lambda: watch.replica.streams(MODEL))
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    needs = list(gates.needed(watch.replica, stream, NOON + timedelta(days=90)))
    assert len({need.because for need in needs}) == 2


async def test_a_familys_change_concerns_its_own_models_alone(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create_family, stream=family_stream(ARRIVALS))
    await watch.do(create)
    await watch.do(replace(create, model=ModelName("gates"), family=ARRIVALS), stream=model_stream("gates"))
    gates = WatchGates(lambda: watch.replica.streams(MODEL))
    assert list(gates.affected(family_stream(ARRIVALS))) == [model_stream("gates")]
    assert sorted(gates.affected(policy_stream(HOUSE))) == [DELAYS_STREAM, model_stream("gates")]
    assert list(gates.affected("rollout/deployment/delay-predictor@live")) == []


async def test_a_gate_that_turns_more_often_than_reactions_may_hop_is_told_each_time(bench: Bench) -> None:
    """Nobody touches the model meanwhile: each turn comes of the policy, and not of the turn before."""
    watch = await bench.open()
    await watch.do(*lived)
    stricter = replace(enterprise, transitions=(way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1),)),))
    for _ in range(10):
        for document, digest in ((stricter, SECOND), (enterprise, publish_enterprise.digest)):
            changed = replace(publish_enterprise, document=document, digest=digest)
            await watch.do(changed, stream=policy_stream(ENTERPRISE))
            await watch.reactor.settle()
    turns = [isinstance(event, GateReopened) for event in await gates(watch)]
    assert (turns, watch.reactor.alarm) == ([True, False] * 10, None)
