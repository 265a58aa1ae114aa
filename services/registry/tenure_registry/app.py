"""What is the registry made of?"""

from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import Kind, TopicFold
from tenure_service import ServiceDefinition, run

from tenure_registry import api
from tenure_registry.decider import model_decider
from tenure_registry.events import RegistryEvent
from tenure_registry.upcasters import UPCASTERS

MODEL = "registry/model"


def definition() -> ServiceDefinition:
    """The registry needs the log alone: no database, no other service's topic."""
    codec = EventCodec("registry", RegistryEvent, upcasters=UPCASTERS)
    return ServiceDefinition(
        name="registry",
        prefix="/registry/v1",
        title="Registry",
        fold=TopicFold(REGISTRY_EVENTS, "registry", codec, (Kind.of_decider(MODEL, model_decider),)),
        deciders={MODEL: model_decider},
        router=api.router,
        reads=api.READS,
    )


def main() -> None:
    run(definition())
