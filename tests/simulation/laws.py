"""Which promises did this world break? Each law is a function from what happened to sentences; none is good."""

from collections.abc import Iterator
from hashlib import sha256

from tenure_decider import Rejected
from tenure_journal import Order, Receipt, RecordVoided, SequenceMismatch, VoidRecord
from tenure_journal.canonical import canonical

from tests.simulation.lockroom import Noted, Room, decide
from tests.simulation.oracle import Fact, Truth
from tests.simulation.routines import CHIMES_AT_SECONDS, CLOCK_ROOM, chime, testimony
from tests.simulation.world import Answer, World


def acknowledged_commands_are_there_once(world: World, truth: Truth) -> Iterator[str]:
    for answer in _answers(world):
        if isinstance(answer.told, Receipt) and answer.told.changed:
            facts = truth.of_command(answer.order.stream, str(answer.order.command_id))
            if not facts:
                yield f"lost: {answer.order.command}"
    for name, chain in truth.chains.items():
        ids = [fact.command_id for fact in chain.facts]
        if len(ids) != len(set(ids)):
            yield f"doubled: {name}"


def receipts_are_true(world: World, truth: Truth) -> Iterator[str]:
    for answer in _answers(world):
        told, order = answer.told, answer.order
        if not isinstance(told, Receipt):
            continue
        if told.changed:
            facts = truth.of_command(order.stream, str(order.command_id))
            if [receipt_of(fact) for fact in facts] != [told] or facts[0].command_digest != order.command_digest:
                yield f"false receipt: {told}, but {[receipt_of(fact) for fact in facts]}"
        elif not any(_is_already_so(state, order) for state, _ in _seen(truth, answer)):
            yield f"it was not so already: {order.command} on {order.stream}"


def receipt_of(fact: Fact) -> Receipt:
    record = fact.record
    return Receipt(
        fact.event_id, fact.stream, fact.sequence, fact.digest, record.topic, record.partition, record.offset, True
    )


def refusals_are_fresh_and_final(world: World, truth: Truth) -> Iterator[str]:
    for answers in world.answers.values():
        for answer in answers:
            if isinstance(answer.told, Receipt):
                continue
            if not any(_is_refused(state, sequence, answer) for state, sequence in _seen(truth, answer)):
                yield f"stale refusal: {answer.order.command} {answer.told!r}"
        refused = all(not isinstance(answer.told, Receipt) for answer in answers)
        if refused and truth.of_command(answers[0].order.stream, str(answers[0].order.command_id)):
            yield f"refused, yet applied: {answers[0].order.command}"


def every_event_was_allowed(world: World, truth: Truth) -> Iterator[str]:
    """Decided on exactly the state that it follows, never on a parked stream."""
    orders = {(order.stream, str(order.command_id)): order for order in world.orders.values()}
    for chain in truth.chains.values():
        for fact in chain.facts:
            order = orders.get((fact.stream, fact.command_id))
            if order is None:
                if not _is_routine(fact):
                    yield f"nobody ordered {fact.event} on {fact.before}"
            elif isinstance(fact.event, RecordVoided):
                continue
            elif fact.before is None:
                yield f"decided on a parked stream: {order.command}"
            elif _outcome(fact.before, order) != fact.event:
                yield f"not what the rules say: {fact.event} on {fact.before}"
            if order and order.if_match is not None and order.if_match != fact.sequence - 1:
                yield f"If-Match {order.if_match}, but sequence {fact.sequence}"


def routines_are_done_once(world: World, truth: Truth) -> Iterator[str]:
    """What reactions and timers had to do is done, by whichever process, and not twice."""
    for name, chain in truth.chains.items():
        if chain.state is None:
            continue
        due = [testimony(number + 1) for number in range(chain.state.seizures)]
        due += [chime(at) for at in CHIMES_AT_SECONDS] if name == CLOCK_ROOM else []
        for text in due:
            if chain.state.notes.count(text) != 1:
                yield f"{text} on {name} was done {chain.state.notes.count(text)} times"


def _is_routine(fact: Fact) -> bool:
    """Was this needed when it was done?"""
    if fact.before is None or not isinstance(fact.event, Noted) or fact.event.text in fact.before.notes:
        return False
    due = [testimony(number + 1) for number in range(fact.before.seizures)]
    return fact.event.text in (*due, *(chime(at) for at in CHIMES_AT_SECONDS))


def replicas_are_equal(world: World, truth: Truth) -> Iterator[str]:
    """To what really happened, and so to each other: heads, states, verdicts, digest."""
    expected = sha256()
    for name in sorted(truth.chains):
        chain = truth.chains[name]
        expected.update(canonical((name, *chain.head, chain.state is None, chain.state)))
    for process in world.processes:
        replica = process.replica
        if replica is None:
            yield f"process {process.number} never started"
            continue
        if replica.digest()[1] != expected.hexdigest():
            yield f"process {process.number} folded something else"
        orphans = replica.orphans["tenure.registry.events"]
        if {(o.partition, o.offset, o.verdict) for o in orphans.newest} != truth.orphans:
            yield f"process {process.number} judged otherwise: {orphans.counts}, not {truth.verdicts}"
        if sum(orphans.counts.values()) != len(truth.orphans):
            yield f"process {process.number} counted a record twice: {orphans.counts}, not {truth.verdicts}"


async def past_states_are_folds(world: World, truth: Truth) -> list[str]:
    wrong = []
    replica = world.processes[0].replica
    assert replica
    for name, chain in truth.chains.items():
        count = world.random.randint(0, len(chain.facts))
        stream = replica.stream(name)
        assert stream
        instant = (chain.facts[count - 1].record.append_time_ms if count else 0) * 1_000
        if chain.fold(count) is not None and await replica.past(name, count) != chain.fold(count):
            wrong.append(f"{name} was something else after {count} events")
        if not count <= stream.sequence_at(stream.recorded_us[count - 1] if count else instant):
            wrong.append(f"{name} had fewer than {count} events at {instant}")
    return wrong


def everybody_was_answered(world: World, truth: Truth) -> Iterator[str]:
    yield from world.surprises


LAWS = (
    acknowledged_commands_are_there_once,
    receipts_are_true,
    refusals_are_fresh_and_final,
    every_event_was_allowed,
    routines_are_done_once,
    replicas_are_equal,
    everybody_was_answered,
)


async def broken_laws(world: World) -> list[str]:
    """Every broken promise as a sentence, beginning with the law's name."""
    truth = Truth(world.broker.landed)
    broken = [f"{law.__name__}: {sentence}" for law in LAWS for sentence in law(world, truth)]
    return broken or [f"past_states_are_folds: {sentence}" for sentence in await past_states_are_folds(world, truth)]


def _answers(world: World) -> Iterator[Answer]:
    for answers in world.answers.values():
        yield from answers


def _seen(truth: Truth, answer: Answer) -> list[tuple[Room | None, int]]:
    return truth.states_between(answer.order.stream, answer.since, answer.until)


def _outcome(state: Room, order: Order) -> object:
    try:
        return decide(state, order.command)
    except Rejected as rejected:
        return rejected


def _is_already_so(state: Room | None, order: Order) -> bool:
    if isinstance(order.command, VoidRecord):
        return True
    return state is not None and _outcome(state, order) is None


def _is_refused(state: Room | None, sequence: int, answer: Answer) -> bool:
    if isinstance(answer.told, SequenceMismatch):
        return answer.order.if_match != sequence
    if isinstance(answer.order.command, VoidRecord):
        return False
    return state is not None and isinstance(_outcome(state, answer.order), Rejected)
