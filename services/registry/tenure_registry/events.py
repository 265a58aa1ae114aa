"""All that the registry writes."""

from tenure_registry.family.events import FamilyEvent
from tenure_registry.model.events import ModelEvent
from tenure_registry.obligation.events import ObligationEvent
from tenure_registry.policy.events import PolicyEvent
from tenure_registry.prompt.events import PromptEvent

RegistryEvent = ModelEvent | FamilyEvent | PolicyEvent | PromptEvent | ObligationEvent
