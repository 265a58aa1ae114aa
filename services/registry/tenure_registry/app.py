"""What is the registry made of?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter
from tenure_codec.binding import EventCodec
from tenure_decider import Decider
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import Kind, Reaction, Replica, Timer, TopicFold
from tenure_service import Part, Runtime, ServiceDefinition, run

from tenure_registry import api
from tenure_registry.callers import callers_fold
from tenure_registry.events import RegistryEvent
from tenure_registry.family.decider import family_decider
from tenure_registry.foreign import context_fold
from tenure_registry.inbox import api as inbox_api
from tenure_registry.inbox.part import CHANNELS, open_inbox
from tenure_registry.mentions import Mentions
from tenure_registry.model.commands import CreateModel
from tenure_registry.model.decider import model_decider
from tenure_registry.model.fold import fold_model
from tenure_registry.obligation.decider import obligation_decider
from tenure_registry.obligation.fold import fold_obligations
from tenure_registry.obligation.reaction import OpenObligations
from tenure_registry.policy.decider import policy_decider
from tenure_registry.prompt.decider import prompt_decider
from tenure_registry.reactions import Calendar, NotifyConsumers, WatchGates
from tenure_registry.serving import rollout_fold
from tenure_registry.streams import FAMILY, MODEL, OBLIGATION, POLICY, PROMPT, model_stream
from tenure_registry.upcasters import UPCASTERS

DECIDERS: Mapping[str, Decider[Any, Any, Any]] = {
    MODEL: model_decider,
    FAMILY: family_decider,
    POLICY: policy_decider,
    PROMPT: prompt_decider,
    OBLIGATION: obligation_decider,
}


def definition() -> ServiceDefinition:
    """The registry needs the log alone; it leans on bindings, on routes, and on whom monitor sees."""
    codec = EventCodec("registry", RegistryEvent, upcasters=UPCASTERS)
    kinds = (
        Kind(MODEL, model_decider.initial, fold_model),
        *(Kind.of_decider(name, DECIDERS[name]) for name in (FAMILY, POLICY, PROMPT)),
        Kind(OBLIGATION, obligation_decider.initial, fold_obligations),
    )
    return ServiceDefinition(
        name="registry",
        prefix="/registry/v1",
        title="Registry",
        fold=TopicFold(REGISTRY_EVENTS, "registry", codec, kinds),
        deciders=DECIDERS,
        foreign=(context_fold(), rollout_fold(), callers_fold()),
        router=asked(),
        reads=api.READS,
        reactions=reactions,
        timers=timers,
        channels=CHANNELS,
        parts=open_parts,
        family_of=family_of,
    )


def asked() -> APIRouter:
    """What can be asked over HTTP, the door for webhooks included."""
    router = APIRouter()
    router.routes.extend([*api.router.routes, *inbox_api.router.routes])
    return router


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The inbox's clerk, and what lineage looks up."""
    async with open_inbox(runtime) as clerk:
        yield [*clerk, Part(name="lineage", holds=Mentions(runtime.replica))]


def reactions(runtime: Runtime) -> Sequence[Reaction]:
    return [watch_gates(runtime), NotifyConsumers(), OpenObligations(runtime.replica.streams)]


def timers(runtime: Runtime) -> Sequence[Timer]:
    calendar = Calendar(watch_gates(runtime))
    runtime.replica.subscribe(calendar.note)
    calendar.note(runtime.replica.names())
    return [calendar.timer()]


def watch_gates(runtime: Runtime) -> WatchGates:
    return WatchGates(lambda: runtime.replica.streams(MODEL))


def family_of(replica: Replica, stream: str, command: Any) -> str | None:
    """The model's, or the family itself; of a model that there is not yet the one that it would get."""
    if stream.startswith(f"{FAMILY}/"):
        return stream.removeprefix(f"{FAMILY}/")
    if stream.startswith(f"{OBLIGATION}/"):
        stream = model_stream(stream.removeprefix(f"{OBLIGATION}/"))
    found = replica.stream(stream) if stream.startswith(f"{MODEL}/") else None
    if found is None:
        return command.family if isinstance(command, CreateModel) else None
    family: str | None = found.state.family
    return family


def main() -> None:
    run(definition())
