"""Which views are there now, ready to read rows?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tenure_journal import Replica

from tenure_context_sync.context.state import Revision
from tenure_context_sync.events import ContextPublished
from tenure_context_sync.names import SourceName
from tenure_context_sync.view.compiled import CompiledView, Sources, compile_view

CONTEXT, SOURCE = "context/context", "context/source"


@dataclass(slots=True)
class Catalogue:
    """Compiles each revision once: it never changes, and it reads its sources' fields as they were at its time."""

    replica: Replica
    _compiled: dict[tuple[str, int], CompiledView] = field(default_factory=dict)

    def view(self, published: ContextPublished) -> CompiledView:
        place = (published.context, published.revision)
        found = self._compiled.get(place)
        if found is None or found.published is not published:
            found = self._compiled[place] = compile_view(published, self._sources(published))
        return found

    def live(self) -> list[CompiledView]:
        """Of every revision that is, or may still be, read."""
        streams = self.replica.streams(CONTEXT).values()
        revisions = [one for stream in streams if not stream.parked for _, one in sorted(stream.state.items())]
        return [self.view(one.published) for one in revisions if _lives(one)]

    def by_source(self) -> Mapping[str, Sequence[CompiledView]]:
        """The live ones, by their primary source."""
        found: defaultdict[str, list[CompiledView]] = defaultdict(list)
        for view in self.live():
            found[view.published.source].append(view)
        return found

    def _sources(self, published: ContextPublished) -> Sources:
        states = [(name, self.replica.state(f"{SOURCE}/{name}")) for name in sorted(named(published))]
        at = published.published_at
        return tuple((SourceName(name), state.key, state.fields_at(at)) for name, state in states)


def named(published: ContextPublished) -> set[str]:
    """All sources that it names."""
    view = published.view
    others = {*(one.source for one in view.joins), *(one.source for one in view.aggregates)}
    return {published.source, *others, *(one.source for one in view.expectations if one.source)}


def _lives(revision: Revision) -> bool:
    return not revision.refused and not revision.dropped
