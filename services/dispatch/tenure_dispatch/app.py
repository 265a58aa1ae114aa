"""What is dispatch made of?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import asyncpg
from tenure_eventlog import TopicSpec
from tenure_eventlog.topics import LIFECYCLE, PUBLIC_CDEVENTS, PUBLIC_EVENTS, ROLLOUT_EVENTS
from tenure_ingest.migrate import migrate
from tenure_journal import TopicFold
from tenure_journal.void import void_codec
from tenure_service import Channel, Part, Runtime, ServiceDefinition, run, told_in_a_line
from tenure_service.hosting import database_pool

from tenure_dispatch.api.router import router
from tenure_dispatch.cursors import CursorStore, Lease
from tenure_dispatch.deliveries import Deliveries
from tenure_dispatch.dispatcher import Dispatcher
from tenure_dispatch.feed import Feed
from tenure_dispatch.listening.listening import Listeners
from tenure_dispatch.names import Reader
from tenure_dispatch.outward import PublicEvent
from tenure_dispatch.public.cdevents import PublicCDEvent, cdevents
from tenure_dispatch.public.deployments import rollout_fold
from tenure_dispatch.public.publisher import Publisher, whole
from tenure_dispatch.settings import PREFIX, DispatchSettings
from tenure_dispatch.subscription.decider import subscription_decider
from tenure_dispatch.subscription.secrets import Sealer
from tenure_dispatch.subscription.store import SubscriptionStore
from tenure_dispatch.webhooks.graveyard import Graveyard
from tenure_dispatch.webhooks.webhooks import Webhooks

CONNECTIONS = 8


def definition() -> ServiceDefinition:
    """Reads every lifecycle topic and writes none: it decides nothing that others would lean on."""
    return ServiceDefinition(
        name="dispatch",
        prefix="/dispatch/v1",
        title="Dispatch",
        fold=None,
        deciders={"dispatch/subscription": subscription_decider},
        foreign=(*(chain_of(spec) for spec in LIFECYCLE if spec != ROLLOUT_EVENTS), rollout_fold()),
        channels=(
            Channel(PUBLIC_EVENTS, PublicEvent, sends=True),
            Channel(PUBLIC_CDEVENTS, PublicCDEvent, sends=True),
        ),
        router=router,
        parts=open_parts,
    )


def chain_of(spec: TopicSpec) -> TopicFold:
    """Reads a topic for what is accepted and what is void, and for nothing else."""
    service = spec.name.split(".")[1]
    return TopicFold(spec, service, void_codec(service), ())


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The feed first, then who reads from it; closed in reverse, so that leases are let go of at once."""
    with told_in_a_line(PREFIX):
        settings = DispatchSettings()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(database_pool(runtime, max_size=CONNECTIONS))
        async with pool.acquire() as connection:
            await migrate(connection, "tenure_dispatch")
        feed = Feed(runtime.event_log, runtime.replica)
        await stack.enter_async_context(feed.following())
        dispatcher = assembled(runtime, settings, pool, feed)
        await stack.enter_async_context(dispatcher.deliveries.running())
        deliveries = dispatcher.deliveries
        yield [
            Part(name="feed", holds=feed, trouble=lambda: feed.trouble),
            Part(name="deliveries", holds=dispatcher, trouble=lambda: deliveries.trouble),
        ]


def assembled(runtime: Runtime, settings: DispatchSettings, pool: asyncpg.Pool, feed: Feed) -> Dispatcher:
    """Webhooks and publishers over one feed and one pool."""
    cursors, graveyard = CursorStore(pool), Graveyard(pool)
    store = SubscriptionStore(pool, Sealer(runtime.settings.master_keys, settings.master_key))
    webhooks = Webhooks(feed, store, cursors, graveyard, settings, runtime.metrics.delivered)
    written = {PUBLIC_EVENTS.name: whole, PUBLIC_CDEVENTS.name: cdevents(runtime.replica)}
    publishers = {
        Reader(topic): Publisher(runtime.event_log, feed, cursors, topic, what) for topic, what in written.items()
    }

    async def serve(lease: Lease) -> None:
        publisher = publishers.get(lease.reader)
        await (publisher.run(lease) if publisher else webhooks.serve(lease))

    holder = f"{runtime.settings.instance}/{uuid4()}"
    deliveries = Deliveries(pool, holder, settings.lease_seconds, list(publishers), serve)
    listeners = Listeners(settings.most_listeners, runtime.metrics.listening)
    return Dispatcher(feed, store, graveyard, webhooks, deliveries, listeners, settings)


def main() -> None:
    run(definition())
