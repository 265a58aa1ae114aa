"""What does the registry run for those who don't call its API?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tenure_eventlog.topics import INBOX, INBOX_OUTCOMES, QUARANTINE
from tenure_service import Channel, Part, Runtime, TokenStore
from tenure_service.quarantine import QuarantineNotice

from tenure_registry.inbox.clerk import Clerk
from tenure_registry.inbox.desk import WebhookDesk
from tenure_registry.inbox.follower import InboxFollower
from tenure_registry.inbox.keys import InboxKeys, keys_beside
from tenure_registry.inbox.outcomes import Outcome

CHANNELS = (
    Channel(INBOX, None, receives=True),
    Channel(INBOX_OUTCOMES, Outcome, sends=True, receives=True),
    Channel(QUARANTINE, QuarantineNotice, sends=True),
)


@asynccontextmanager
async def open_inbox(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The topic's follower, and the desk at which webhooks arrive."""
    tokens = runtime.settings.tokens
    keys, clerk = InboxKeys(TokenStore(tokens), keys_beside(tokens)), Clerk(runtime)
    follower = InboxFollower(runtime, keys, clerk)
    await follower.start()
    try:
        yield [
            Part(
                name="inbox",
                holds=follower,
                positions=lambda: follower.positions,
                wait_for=follower.wait_for,
                trouble=lambda: follower.trouble,
            ),
            Part(name="webhooks", holds=WebhookDesk(runtime, keys, clerk)),
        ]
    finally:
        await follower.stop()
