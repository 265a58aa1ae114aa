"""What does dispatch have while it runs?"""

from dataclasses import dataclass

from tenure_dispatch.deliveries import Deliveries
from tenure_dispatch.feed import Feed
from tenure_dispatch.listening.listening import Listeners
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.subscription.store import SubscriptionStore
from tenure_dispatch.webhooks.graveyard import Graveyard
from tenure_dispatch.webhooks.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The parts that requests ask for."""

    feed: Feed
    store: SubscriptionStore
    graveyard: Graveyard
    webhooks: Webhooks
    deliveries: Deliveries
    listeners: Listeners
    settings: DispatchSettings
