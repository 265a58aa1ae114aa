"""When does a quarantined record become unreadable for good? When its day's key goes, a month later."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import asyncpg
import structlog
from tenure_eventlog.beside import beside
from tenure_keyring import Keyring

from tenure_context_sync.erasure.parked import LOOKS_BACK_DAYS, forget_days

LOOK_SECONDS = 3_600.0
AGAIN_SECONDS = 60.0
AFTER_A_START_DAYS = 400  # for all that time nobody may have looked
TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger()


class Retention:
    """Destroys the keys of days that are past; any replica does, and a day that is gone stays so."""

    def __init__(self, ring: Keyring | None, topics: Callable[[], Collection[str]]) -> None:
        self._ring, self._topics = ring, topics
        self._looked = False
        self.trouble: str | None = None

    def forgetting(self, now: Callable[[], datetime]) -> AbstractAsyncContextManager[None]:
        """Looks each hour, for as long as this lasts."""
        return beside(self._forget_on(now), "retention")

    async def settle(self, now: datetime) -> bool:
        """Forgets what is past; True where nothing was."""
        if self._ring is None:
            return True
        looks_back = LOOKS_BACK_DAYS if self._looked else AFTER_A_START_DAYS
        destroyed = await forget_days(self._ring, sorted(self._topics()), now, looks_back)
        self._looked = True
        if destroyed:
            log.info("quarantine_forgotten", days=destroyed)
        return destroyed == 0

    async def _forget_on(self, now: Callable[[], datetime]) -> None:
        while True:
            try:
                await self.settle(now())
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"quarantined records are kept too long: {trouble}"
                log.warning("quarantine_not_forgotten", reason=str(trouble))
            await asyncio.sleep(AGAIN_SECONDS if self.trouble else LOOK_SECONDS)
