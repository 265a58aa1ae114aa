"""What does it cost to watch 2,000 bindings each second?"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from rpds import HashTrieMap
from tenure_context_sync.binding.state import Bindings, Bound
from tenure_context_sync.events import EntityClass, Objective, Sla
from tenure_context_sync.freshness.slas import KIND, SlaTimer
from tenure_context_sync.freshness.verdict import Evidence
from tenure_context_sync.names import ContextName, ModelVersion, SourceName
from tenure_eventlog import Partition
from tenure_eventlog.memory import MemoryLog
from tenure_journal import Needed, Replica, Stream

from bench.figures import Figure, at_most, seen

MODELS, SOURCES, PASSES = 2_000, 50, 200
SHARE_PERCENT = 5.0
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLA = Sla(
    lane="streaming",
    max_age_seconds=60,
    on_breach="pause_rollout",
    objective=Objective(share=0.995, window_seconds=86_400),
    classes=(EntityClass(field="region", value="eu", max_age_seconds=30),),
)


class Models(Replica):
    """2,000 models that each read one context, and nothing else."""

    def __init__(self, *, breached: bool) -> None:
        super().__init__(MemoryLog(), [])
        bindings = (bindings_of(number, breached=breached) for number in range(MODELS))
        named = ((f"{KIND}/m{number}", one) for number, one in enumerate(bindings))
        self._all = {name: Stream(name, Partition("t", 0), None, state) for name, state in named}

    def streams(self, kind: str) -> Mapping[str, Stream]:
        return self._all

    def stream(self, name: str) -> Stream | None:
        return self._all.get(name)


def bindings_of(number: int, *, breached: bool) -> Bindings:
    bound = Bound(ModelVersion("1"), ContextName(f"c{number}"), 1, SourceName(f"s{number % SOURCES}"), SLA, NOON)
    broken = HashTrieMap({None: NOON, "region=eu": NOON}) if breached else bound.breached
    place = (bound.model_version, bound.context)
    return HashTrieMap({place: Bound(*place, 1, bound.source, SLA, NOON, broken, exhausted=breached)})


async def watching() -> list[Figure]:
    calm = {f"s{number}": Evidence(complete_until=NOON + timedelta(days=2)) for number in range(SOURCES)}
    stale = {f"s{number}": Evidence(complete_until=NOON) for number in range(SOURCES)}
    return [
        at_most("2,000 bindings, all kept: of a core", _share(Models(breached=False), calm), "%", SHARE_PERCENT),
        at_most("2,000 bindings, all broken: of a core", _share(Models(breached=True), stale), "%", SHARE_PERCENT),
        seen("2,000 bindings, all breaking in one pass", _first(Models(breached=False), stale), "ms"),
    ]


def _share(view: Models, evidence: Mapping[str, Evidence]) -> float:
    """Of one pass a second, minutes being counted as they pass."""
    timer, began = SlaTimer(lambda: evidence), time.process_time()
    for second in range(PASSES):
        _drain(timer.due(view, NOON + timedelta(days=1, seconds=second)))
    return (time.process_time() - began) / PASSES * 100


def _first(view: Models, evidence: Mapping[str, Evidence]) -> float:
    began = time.process_time()
    _drain(SlaTimer(lambda: evidence).due(view, NOON + timedelta(days=1)))
    return (time.process_time() - began) * 1_000


def _drain(needs: Iterator[Needed]) -> None:
    for _ in needs:
        pass
