"""What is the registry made of?"""

from typing import Any

from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import Kind, Replica, TopicFold
from tenure_service import ServiceDefinition, run

from tenure_registry import api
from tenure_registry.commands import CreateModel
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
        family_of=family_of,
    )


def family_of(replica: Replica, stream: str, command: Any) -> str | None:
    """The model's; of one that there is not yet the one that it would get."""
    found = replica.stream(stream)
    if found is None:
        return command.family if isinstance(command, CreateModel) else None
    family: str | None = found.state.family
    return family


def main() -> None:
    run(definition())
