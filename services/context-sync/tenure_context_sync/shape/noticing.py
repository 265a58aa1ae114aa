"""Which sources' rows look otherwise than what is on the record, and whom does that hit?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import asyncpg
from tenure_eventlog.beside import beside
from tenure_journal import Needed, Replica

from tenure_context_sync.binding.state import Bound
from tenure_context_sync.context.catalogue import Catalogue
from tenure_context_sync.context.references import BINDING, DEPLOYMENT, Deployed
from tenure_context_sync.events import Field, ReleaseHit, SlaHit
from tenure_context_sync.names import ContextName, ModelName, SourceName
from tenure_context_sync.shape.blast import BlastRadius, Reads, Revision, blast_radius
from tenure_context_sync.shape.difference import difference
from tenure_context_sync.shape.watch import Announced, Looked, fields_by, looked
from tenure_context_sync.source.commands import NoteSchema
from tenure_context_sync.source.feeds import KIND
from tenure_context_sync.source.state import MOST_CHANGES, Source

LOOK_SECONDS = 1.0
AT_MOST_EVERY = timedelta(minutes=1)
TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class SchemaWatch:
    """Looks each second; a change of a schema is told once, and of one source at most once a minute.

    Two programs that write one topic in turn, each in its own way, would else fill the log.
    """

    def __init__(self, pool: asyncpg.Pool, catalogue: Catalogue) -> None:
        self._pool, self._catalogue = pool, catalogue
        self._looked: Mapping[str, Looked] = {}
        self._as_known: dict[str, tuple[Source, Looked]] = {}
        self.trouble: str | None = None

    async def look(self) -> None:
        self._looked = await looked(self._pool)

    def looking(self) -> AbstractAsyncContextManager[None]:
        """For as long as this lasts."""
        return beside(self._look_on(), "schemas")

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"sources' schemas can't be watched: {trouble}"
            await asyncio.sleep(LOOK_SECONDS)

    def due(self, view: Replica, now: datetime) -> Iterator[Needed]:
        """The timer."""
        for stream in view.streams(KIND).values():
            source: Source | None = stream.state
            seen = self._looked.get(source.source) if source and not stream.parked else None
            if source is None or seen is None or not self._is_news(source, seen, now):
                continue
            fields = fields_by(seen.look, source.fields, whole=source.has_whole_rows)
            changes = difference(source.fields, fields, source.key)
            if not changes:
                self._as_known[source.source] = source, seen
                continue
            hit = blast_radius(changes, reads_of(self._catalogue, source.source), bound(view), released(view))
            because = f"schema {seen.place.position} {seen.place.partition}/{seen.place.offset}"
            yield Needed(
                stream=stream.name, command=_note(source, seen, fields, hit, now), because=because, cause=source.origin
            )

    def _is_news(self, source: Source, seen: Looked, now: datetime) -> bool:
        known_source, known_seen = self._as_known.get(source.source, (None, None))
        if (known_source is source and known_seen == seen) or len(source.changes) >= MOST_CHANGES:
            return False
        last = source.changes[-1] if source.changes else None
        return last is None or (seen.place.position > last.position and now - last.noticed_at >= AT_MOST_EVERY)


def _note(source: Source, seen: Looked, fields: tuple[Field, ...], hit: BlastRadius, now: datetime) -> NoteSchema:
    position, partition, offset = seen.place
    return NoteSchema(
        source=source.source,
        fields=fields,
        announced=isinstance(seen.look, Announced),
        hit=hit,
        position=position,
        partition=partition,
        offset=offset,
        now=now,
    )


def reads_of(catalogue: Catalogue, source: SourceName) -> list[Reads]:
    """What each live revision reads of a source."""
    return [
        Reads(ContextName(view.published.context), view.published.revision, view.reads[source])
        for view in catalogue.live()
        if source in view.reads
    ]


def bound(replica: Replica) -> Mapping[Revision, list[SlaHit]]:
    """The bindings, by what they bind."""
    found: dict[Revision, list[SlaHit]] = {}
    for stream in replica.streams(BINDING).values():
        model = ModelName(stream.name.removeprefix(f"{BINDING}/"))
        for one in stream.state.values():
            found.setdefault((one.context, one.revision), []).append(_sla(model, one))
    return found


def _sla(model: ModelName, one: Bound) -> SlaHit:
    return SlaHit(
        model=model,
        model_version=one.model_version,
        context=one.context,
        revision=one.revision,
        max_age_seconds=one.sla.max_age_seconds,
        on_breach=one.sla.on_breach,
    )


def released(replica: Replica) -> Mapping[Revision, list[ReleaseHit]]:
    """The releases of current and previous routes, by what they read."""
    found: dict[Revision, list[ReleaseHit]] = {}
    for stream in replica.streams(DEPLOYMENT).values():
        deployed: Deployed = stream.state
        for name in sorted(deployed.current | deployed.previous):
            deployment = stream.name.removeprefix(f"{DEPLOYMENT}/")
            hit = ReleaseHit(deployment=deployment, release=name, serving=name in deployed.current)
            for context, revision in deployed.releases.get(name, frozenset()):
                found.setdefault((ContextName(context), revision), []).append(hit)
    return found
