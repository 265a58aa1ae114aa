"""What is rollout made of?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import ROLLOUT_EVENTS, ROUTES, WINDOWS
from tenure_journal import Kind, Timer, TopicFold
from tenure_service import Channel, Part, Runtime, ServiceDefinition, run

from tenure_rollout.actuator.decider import actuator_decider
from tenure_rollout.api import READS, router
from tenure_rollout.courses import Courses
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.fold import fold_deployment
from tenure_rollout.events import RolloutEvent, RouteChanged
from tenure_rollout.feed import RouteFeed
from tenure_rollout.foreign import context_fold, monitor_fold, registry_fold
from tenure_rollout.freeze.decider import freeze_decider
from tenure_rollout.reactions import (
    AbortHarmful,
    FallBack,
    KeepRoute,
    PauseHarmful,
    PauseInDoubt,
    PauseOverdue,
    RollBackTogether,
    TakeSteps,
    judge_due,
    rollback_due,
    steps_due,
)
from tenure_rollout.routes import RoutePublisher
from tenure_rollout.upcasters import UPCASTERS
from tenure_rollout.windows import Window, WindowFollower
from tenure_rollout.world import ACTUATOR, FREEZE, KIND


def definition() -> ServiceDefinition:
    """Leans on registry's, context-sync's and monitor's topics and on monitor's windows; needs no database."""
    codec = EventCodec("rollout", RolloutEvent, upcasters=UPCASTERS)
    return ServiceDefinition(
        name="rollout",
        prefix="/rollout/v1",
        title="Rollout",
        fold=TopicFold(ROLLOUT_EVENTS, "rollout", codec, kinds()),
        deciders={KIND: deployment_decider, ACTUATOR: actuator_decider, FREEZE: freeze_decider},
        foreign=(registry_fold(), context_fold(), monitor_fold()),
        channels=(Channel(ROUTES, RouteChanged, sends=True, receives=True), Channel(WINDOWS, Window, receives=True)),
        router=router,
        reads=READS,
        reactions=lambda runtime: [
            AbortHarmful(),
            PauseHarmful(),
            PauseInDoubt(lambda: runtime.replica.streams(KIND)),
            PauseOverdue(),
            TakeSteps(),
            FallBack(lambda: runtime.replica.streams(KIND)),
            RollBackTogether(lambda: runtime.replica.streams(KIND)),
            KeepRoute(),
        ],
        timers=lambda runtime: [
            Timer("judge", judge_due(runtime.part(Courses))),
            Timer("steps", steps_due([TakeSteps(), PauseOverdue()])),
            Timer("rollback-ready", rollback_due(partial(show_unready, runtime))),
        ],
        parts=open_parts,
    )


def show_unready(runtime: Runtime, deployments: int) -> None:
    runtime.metrics.rollbacks_unready.labels(runtime.definition.name).set(deployments)


def kinds() -> tuple[Kind, ...]:
    """What the own topic is about."""
    return (
        Kind(KIND, deployment_decider.initial, fold_deployment),
        Kind.of_decider(ACTUATOR, actuator_decider),
        Kind.of_decider(FREEZE, freeze_decider),
    )


@asynccontextmanager
async def open_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """The windows that it judges by, the routes that it publishes, and who follows these."""
    windows = WindowFollower(runtime.event_log)
    routes = RoutePublisher(runtime.event_log, runtime.replica)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(windows.stop)
        await windows.start()
        stack.push_async_callback(routes.stop)
        await routes.start()
        yield [
            Part(
                name="windows",
                holds=windows,
                positions=lambda: windows.positions,
                wait_for=windows.wait_for,
                trouble=lambda: windows.trouble,
            ),
            Part(name="courses", holds=Courses(windows)),
            Part(name="routes", holds=routes, settle=routes.settle, trouble=lambda: routes.trouble),
            Part(name="feed", holds=RouteFeed(runtime.replica)),
        ]


def main() -> None:
    run(definition())
