"""What is context-sync made of?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, get_args

import asyncpg
from tenure_codec.binding import EventCodec
from tenure_decider import Decider
from tenure_eventlog.topics import CONTEXT_EVENTS, QUARANTINE
from tenure_ingest import DatabaseAway
from tenure_journal import Kind, Timer, TopicFold
from tenure_keyring import Keyring, PostgresKeys, master_here
from tenure_service import Channel, Part, Runtime, ServiceDefinition, run
from tenure_service.hosting import database_of, database_pool, hosted
from tenure_service.quarantine import QuarantineNotice

from tenure_context_sync.api.router import READS, router
from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.fold import fold_bindings
from tenure_context_sync.context.catalogue import Catalogue
from tenure_context_sync.context.decider import context_decider
from tenure_context_sync.context.keeper import Keeper
from tenure_context_sync.context.references import rollout_fold
from tenure_context_sync.erasure.decider import subject_decider
from tenure_context_sync.erasure.door import Door
from tenure_context_sync.erasure.eraser import Eraser
from tenure_context_sync.erasure.sources import kept_personal
from tenure_context_sync.events import AnyContextEvent
from tenure_context_sync.freshness.liveness import Liveness
from tenure_context_sync.freshness.silence import silence_due
from tenure_context_sync.freshness.slas import SlaTimer
from tenure_context_sync.names import OnBreach
from tenure_context_sync.quarantine.announcer import QuarantineAnnouncer
from tenure_context_sync.quarantine.retention import Retention
from tenure_context_sync.shape.noticing import SchemaWatch
from tenure_context_sync.snapshot.decider import snapshot_decider
from tenure_context_sync.snapshot.restorer import Restorer
from tenure_context_sync.snapshot.writing import Tables
from tenure_context_sync.source.decider import source_decider
from tenure_context_sync.source.feeds import Feeds, sources_in
from tenure_context_sync.source.fold import fold_source
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.store.reads import Store
from tenure_context_sync.upcasters import UPCASTERS

DECIDERS: Mapping[str, Decider[Any, Any, Any]] = {
    "context/source": source_decider,
    "context/context": context_decider,
    "context/binding": binding_decider,
    "context/snapshot": snapshot_decider,
    "context/subject": subject_decider,
}


def definition() -> ServiceDefinition:
    """Decides from its own topic; keeps what rollout's routes refer to; folds the sources' changes into Postgres."""
    codec = EventCodec("context", AnyContextEvent, upcasters=UPCASTERS)
    kinds = (
        Kind("context/source", source_decider.initial, fold_source),
        Kind.of_decider("context/context", context_decider),
        Kind("context/binding", binding_decider.initial, fold_bindings),
        Kind.of_decider("context/snapshot", snapshot_decider),
        Kind.of_decider("context/subject", subject_decider),
    )
    return ServiceDefinition(
        name="context-sync",
        prefix="/context/v1",
        title="Context-sync",
        fold=TopicFold(CONTEXT_EVENTS, "context", codec, kinds),
        deciders=DECIDERS,
        channels=(Channel(QUARANTINE, QuarantineNotice, sends=True),),
        router=router,
        reads=READS,
        foreign=(rollout_fold(),),
        timers=timers,
        parts=open_parts,
    )


def timers(runtime: Runtime) -> Sequence[Timer]:
    """What is due by the clock alone: what is old, what fell silent, what nobody refers to, what looks otherwise."""
    keeper = runtime.part(Keeper)
    slas = SlaTimer(lambda: runtime.part(Liveness).awake(), partial(show_broken, runtime))
    return [
        Timer("sla", slas.due),
        Timer("silence", silence_due(lambda: runtime.part(Liveness).known())),
        Timer("contexts", keeper.due),
        Timer("schemas", runtime.part(SchemaWatch).due),
        runtime.part(Eraser).timer(),
    ]


def show_broken(runtime: Runtime, broken: Mapping[OnBreach, int]) -> None:
    """All of them, so that what is kept again shows as none."""
    for what in get_args(OnBreach):
        runtime.metrics.slas_broken.labels(runtime.definition.name, what).set(broken.get(what, 0))


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The store, the processor that feeds it, and who tells of what that could not read."""
    async with AsyncExitStack() as stack:
        catalogue = Catalogue(runtime.replica)
        ring = await stack.enter_async_context(ring_of(runtime))
        door = Door(ring, kept_personal(runtime.replica))
        processor = ChangeProcessor(Feeds(runtime.replica), catalogue.by_source, door)
        changes = await stack.enter_async_context(hosted(runtime, processor))
        pool = await stack.enter_async_context(database_pool(runtime, max_size=8))
        keeper = Keeper(pool, runtime.replica, catalogue, changes.positions)
        await stack.enter_async_context(keeper.keeping(runtime.clock.now))
        reads = asyncpg.create_pool(database_of(runtime), min_size=1, max_size=8, reset=leave_as_it_is)
        store = Store(await stack.enter_async_context(reads), ring)
        await stack.enter_async_context(store.refreshing())
        announcer = QuarantineAnnouncer(runtime.event_log, pool, processor.name)
        await stack.enter_async_context(announcer.announcing())
        liveness = Liveness(pool, runtime.event_log, processor.name, lambda: sources_in(runtime.replica))
        await stack.enter_async_context(liveness.looking())
        retention = Retention(ring, processor.topics)
        await stack.enter_async_context(retention.forgetting(runtime.clock.now))
        eraser = Eraser(ring, pool, runtime.replica)
        await stack.enter_async_context(eraser.erasing())
        settings = runtime.settings
        tables = Tables(runtime.event_log, pool, door, settings.artifacts, settings.keyring)
        restorer = Restorer(runtime.event_log, pool, runtime.replica, processor, tables)
        await stack.enter_async_context(restorer.restoring())
        schemas = SchemaWatch(pool, catalogue)
        await stack.enter_async_context(schemas.looking())

        async def look(now: datetime) -> bool:
            await store.refresh()
            await liveness.look()
            await schemas.look()
            return True

        yield [
            changes,
            Part(name="views", holds=catalogue),
            Part(name="contexts", holds=keeper, settle=keeper.settle, trouble=lambda: keeper.trouble),
            Part(name="store", holds=store, settle=look, trouble=lambda: store.trouble),
            Part(name="schemas", holds=schemas, trouble=lambda: schemas.trouble),
            Part(name="liveness", holds=liveness, trouble=lambda: liveness.trouble),
            Part(name="quarantine", holds=announcer, settle=announcer.settle, trouble=lambda: announcer.trouble),
            Part(name="retention", holds=retention, settle=retention.settle, trouble=lambda: retention.trouble),
            Part(name="erasure", holds=eraser, settle=eraser.settle, trouble=lambda: eraser.trouble),
            Part(name="tables", holds=tables),
            Part(name="restore", holds=restorer, settle=restorer.settle, trouble=lambda: restorer.trouble),
        ]


async def leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Instead of a reset after each use, which costs as much as a read: reads leave nothing to reset."""


@asynccontextmanager
async def ring_of(runtime: Runtime) -> AsyncIterator[Keyring | None]:
    """None where no database for keys is set: then no source may have personal fields. Raises DatabaseAway."""
    settings = runtime.settings
    if settings.subject_keys is None:
        yield None
        return
    async with AsyncExitStack() as stack:
        try:
            opened = PostgresKeys.open(settings.subject_keys, master_here(settings.master_keys))
            keys = await stack.enter_async_context(opened)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as away:
            raise DatabaseAway(f"the database of the subjects' keys can't be reached: {away}") from away
        yield Keyring(keys)


def main() -> None:
    run(definition())
