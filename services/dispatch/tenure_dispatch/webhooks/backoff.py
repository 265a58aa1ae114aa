"""When is a delivery that failed tried again, and when is it given up?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure_dispatch.cursors import Cursor
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.webhooks.sender import Outcome

MOST_DOUBLINGS = 40


@dataclass(frozen=True, slots=True)
class Patience:
    """Doubles from the first wait to the longest one; of each between half and all, by chance.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter", the variant with equal jitter.
    """

    settings: DispatchSettings

    def wait_seconds(self, attempts: int, outcome: Outcome, chance: float) -> float:
        """After so many tries; `chance` is from 0 to 1. What a receiver asks for is obeyed, if it is longer."""
        first, longest = self.settings.first_retry_seconds, self.settings.longest_retry_seconds
        whole = min(longest, first * 2.0 ** min(attempts - 1, MOST_DOUBLINGS))
        return max(whole * (0.5 + chance / 2), outcome.retry_after_seconds or 0.0)

    def is_over(self, cursor: Cursor, now: datetime) -> bool:
        """Was it tried often enough, or long enough?"""
        longest = timedelta(hours=self.settings.longest_hours)
        return cursor.attempts >= self.settings.attempts or (
            cursor.failing_since is not None and now - cursor.failing_since >= longest
        )
