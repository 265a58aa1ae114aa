"""What a decider is, how a rule says no, and how its tests read."""

from tenure_decider.decider import Decider
from tenure_decider.given import Given, given
from tenure_decider.rejected import Forbidden, Invalid, Rejected, Unknown

__all__ = ["Decider", "Forbidden", "Given", "Invalid", "Rejected", "Unknown", "given"]
