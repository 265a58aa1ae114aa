"""What does a model owe, as the replica keeps it: which event said so last?"""

from tenure_journal import Meta

from tenure_registry.obligation.decider import Obligations, evolve
from tenure_registry.obligation.events import ObligationEvent


def fold_obligations(known: Obligations, event: ObligationEvent, meta: Meta) -> Obligations:
    after = evolve(known, event)
    return after.insert(event.obligation, after[event.obligation]._replace(sequence=meta.sequence))
