"""How many of each may there be? Every replica holds all of them in memory, so each has an end."""

from tenure_registry.model.rules import TooMany

VERSIONS = 50_000
ALIASES = 1_000
CONSUMERS = 1_000
NOTICES = 2_000  # of one end: the declared, and who is seen calling
TAGS = 1_000  # of a model, and of each version
EVIDENCE = 1_000  # of each version, as all that follow
REQUESTS = 1_000
APPROVALS = 1_000
REFUSALS = 1_000
DELEGATIONS = 1_000


def demand_room(there: int, most: int, what: str) -> None:
    """For one more beside those that are there."""
    if there >= most:
        raise TooMany(what, most)
