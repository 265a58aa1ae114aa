"""Which services are there? Imported late, so that a command line that needs none starts fast."""

from importlib import import_module

from tenure_service import ServiceDefinition

MODULES = {
    "registry": "tenure_registry.app",
    "context-sync": "tenure_context_sync.app",
    "monitor": "tenure_monitor.app",
    "rollout": "tenure_rollout.app",
    "dispatch": "tenure_dispatch.app",
}


def definition_of(service: str) -> ServiceDefinition:
    """Raises KeyError for a service that there is not."""
    definition: ServiceDefinition = import_module(MODULES[service]).definition()
    return definition


def all_definitions() -> list[ServiceDefinition]:
    """In the order in which facts flow: each reads topics of those before it."""
    return [definition_of(service) for service in MODULES]
