"""What does it take to deliver to a subscription, and how does it end?"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tenure_dispatch.cursors import CursorStore, Lease
from tenure_dispatch.feed import Feed
from tenure_dispatch.names import PrincipalId, SubscriptionName
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.subscription.decider import PauseSubscription, Subscription
from tenure_dispatch.subscription.rules import SubscriptionUnknown
from tenure_dispatch.subscription.store import Asked, SubscriptionStore
from tenure_dispatch.webhooks.backoff import Patience
from tenure_dispatch.webhooks.deliverer import Deliverer, Stopped
from tenure_dispatch.webhooks.graveyard import Graveyard, GraveyardFull
from tenure_dispatch.webhooks.sender import Sender, opened_client
from tenure_dispatch.webhooks.targets import TargetRefused, target_of

SYSTEM = PrincipalId("system:dispatch")
GONE = "the receiver answered 410: it wants nothing any more"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Deliveries by HTTP; `delivered` counts tries by what became of them."""

    feed: Feed
    store: SubscriptionStore
    cursors: CursorStore
    graveyard: Graveyard
    settings: DispatchSettings
    delivered: Callable[[str], None]

    async def serve(self, lease: Lease) -> None:
        """Until the lease is lost or the subscription ends. Raises what the delivering raises."""
        name = SubscriptionName(lease.reader.partition("/")[2])
        known = await self.store.one(name)
        if known is None:
            return
        try:
            await self._deliver(known, lease)
        except Stopped:
            await self._pause(name, GONE, gone=True)
        except (GraveyardFull, TargetRefused) as why:
            await self._pause(name, str(why), gone=False)

    async def _deliver(self, known: Subscription, lease: Lease) -> None:
        target, signing = target_of(known.url, self.settings), await self.signing(known)
        async with opened_client() as http:
            deliverer = Deliverer(
                known,
                lease,
                self.feed,
                Sender(http, self.settings, target, signing),
                self.cursors,
                self.graveyard,
                Patience(self.settings),
                self.delivered,
                time.monotonic,
            )
            await deliverer.run()

    async def signing(self, known: Subscription) -> Callable[[], list[str]]:
        """The secrets that are good at the moment of a try. Raises SealUnavailable."""
        both = await self.store.secrets(known, datetime.min.replace(tzinfo=UTC))

        def good() -> list[str]:
            return both if known.signs_until and known.signs_until > datetime.now(UTC) else both[:1]

        return good

    async def _pause(self, name: SubscriptionName, reason: str, *, gone: bool) -> None:
        now = datetime.now(UTC)
        command = PauseSubscription(subscription=name, reason=reason, gone=gone, now=now)
        action = "gone" if gone else "pause"
        asked = Asked(
            command=command,
            action=action,
            command_id=uuid4(),
            command_digest="",
            by=SYSTEM,
            now=now,
            reason=reason,
        )
        with suppress(SubscriptionUnknown):  # deleted meanwhile
            await self.store.execute(asked)
