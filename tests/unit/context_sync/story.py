"""The orders and facts that the tests of context-sync begin with: the weather, read by a model of delays."""

from datetime import UTC, datetime

from tenure_context_sync.binding.commands import BindContext, BreachSla, RestoreSla
from tenure_context_sync.context.commands import PublishContext
from tenure_context_sync.context.decider import plain
from tenure_context_sync.context.rules import Declared
from tenure_context_sync.events import (
    ContextBound,
    ContextPublished,
    Field,
    PartitionRange,
    Sla,
    SlaBreached,
    SlaRestored,
    SnapshotPinned,
    SourceRegistered,
)
from tenure_context_sync.names import ContextName, ModelName, ModelVersion, PrincipalId, SnapshotName, SourceName
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.source.commands import RegisterSource

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENGINEER = PrincipalId("p-engineer")
OBSERVATIONS, WEATHER = SourceName("observations"), ContextName("weather")
DELAYS, V1 = ModelName("delays"), ModelVersion("1")
WINTER = SnapshotName("winter")
TOPIC = "weather.public.observations"
FIELDS = (Field(name="origin", type="string", personal=False), Field(name="wind", type="double", personal=False))

register = RegisterSource(
    source=OBSERVATIONS,
    topic=TOPIC,
    format="debezium",
    key=("origin",),
    fields=FIELDS,
    principal=ENGINEER,
    now=NOON,
)
registered = SourceRegistered(
    source=OBSERVATIONS,
    topic=TOPIC,
    format="debezium",
    key=("origin",),
    fields=FIELDS,
    heartbeat=None,
    transaction_topic=None,
    time_field=None,
    position_field=None,
    subject_field=None,
    every_seconds=None,
    registered_by=ENGINEER,
    registered_at=NOON,
)
publish = PublishContext(
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    entity_key=("origin",),
    view=plain(("wind",)),
    sources={OBSERVATIONS: Declared(("origin",), ("origin", "wind"))},
    principal=ENGINEER,
    now=NOON,
)
published = ContextPublished(
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    entity_key=("origin",),
    fields=("wind",),
    view=plain(("wind",)),
    needs_approval=False,
    published_by=ENGINEER,
    published_at=NOON,
)
TIGHT = Sla(lane="streaming", max_age_seconds=60, on_breach="pause_rollout")
bind = BindContext(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    sla=TIGHT,
    principal=ENGINEER,
    now=NOON,
)
bound = ContextBound(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    sla=TIGHT,
    bound_by=ENGINEER,
    bound_at=NOON,
)
breach = BreachSla(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    entity_class=None,
    age_seconds=61.0,
    limit_seconds=60,
    newest_source_at=NOON,
    now=NOON,
)
breached = SlaBreached(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    entity_class=None,
    age_seconds=61.0,
    limit_seconds=60,
    newest_source_at=NOON,
    breached_at=NOON,
)
restore = RestoreSla(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    entity_class=None,
    age_seconds=1.0,
    limit_seconds=60,
    newest_source_at=NOON,
    now=NOON,
)
restored = SlaRestored(
    model=DELAYS,
    model_version=V1,
    context=WEATHER,
    revision=1,
    source=OBSERVATIONS,
    entity_class=None,
    age_seconds=1.0,
    limit_seconds=60,
    newest_source_at=NOON,
    restored_at=NOON,
)
RANGE = (PartitionRange(topic=TOPIC, partition=0, start=0, end=26_115),)
pin = PinSnapshot(
    snapshot=WINTER,
    context=WEATHER,
    revision=1,
    offsets=RANGE,
    records=26_115,
    digest="sha256:aa",
    principal=ENGINEER,
    now=NOON,
)
pinned = SnapshotPinned(
    snapshot=WINTER,
    context=WEATHER,
    revision=1,
    offsets=RANGE,
    records=26_115,
    digest="sha256:aa",
    positions=(),
    as_of=NOON,
    table=None,
    rows=None,
    pinned_by=ENGINEER,
    pinned_at=NOON,
)
