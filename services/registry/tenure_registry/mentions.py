"""Whose streams speak of a thing? An index, so that lineage need not look at everything.

It grows only: what a stream ever spoke of stays indexed, so that the past can be asked; what holds at a moment is read
from that moment's states. Kept up when asked, not when something changes: writing must stay cheap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from tenure_journal import Replica

from tenure_registry.callers import CALLERS
from tenure_registry.foreign import BINDING, CONTEXT, SNAPSHOT, Bindings, Pinned, Revisions
from tenure_registry.model.state import Model
from tenure_registry.serving import DEPLOYMENT, Deployed
from tenure_registry.streams import MODEL

BREATHE_AFTER = 200  # streams, between which others are served
Unit = tuple[str, str]  # ("model", "fraud"), ("context", "weather"), ("snapshot", "winter"): what states edges together


class Mentions:
    """`environments` are those in which a model was ever deployed."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._units: dict[str, set[Unit]] = {}
        self._changed = set(replica.names())
        self.environments: dict[str, set[str]] = {}
        replica.subscribe(self._changed.update)

    async def refresh(self) -> None:
        """Looks at what changed since the last time."""
        count = 0
        while self._changed:
            name = self._changed.pop()
            for spoken_of, unit in self._mentions(name):
                self._units.setdefault(spoken_of, set()).add(unit)
            count += 1
            if count % BREATHE_AFTER == 0:
                await asyncio.sleep(0)

    def units(self, node: str) -> set[Unit]:
        """Who may state an edge of the node."""
        kind, _, name = node.partition(":")
        match kind:
            case "version" | "release" | "deployment":
                return {("model", name.partition("@")[0])}
            case "obligation":
                return {("model", name.partition("/")[0])}
            case "context":
                context = name.rpartition("@")[0]
                return {("context", context)} | self._of(f"context:{context}")
            case "field":
                return {unit for context in _prefixes(name) for unit in self._of_field(context)}
            case "snapshot":
                return {("snapshot", name)} | self._of(node)
        return set(self._of(node))

    def _of(self, spoken_of: str) -> set[Unit]:
        return self._units.get(spoken_of, set())

    def _of_field(self, context: str) -> Iterator[Unit]:
        """Versions read a field by a binding, or were trained on a snapshot of it."""
        yield ("context", context)
        for kind, name in self._of(f"context:{context}"):
            yield (kind, name)
            if kind == "snapshot":
                yield from self._of(f"snapshot:{name}")

    def _mentions(self, stream: str) -> Iterator[tuple[str, Unit]]:
        found = self._replica.stream(stream)
        if found is None or found.kind is None:
            return
        name = stream.removeprefix(f"{found.kind.name}/")
        match found.kind.name:
            case kind if kind == MODEL:
                yield from _of_model(found.state, ("model", name))
            case kind if kind == BINDING:
                yield from _of_bindings(found.state, ("model", name))
            case kind if kind == CONTEXT:
                yield from _of_context(found.state, ("context", name))
            case kind if kind == SNAPSHOT:
                yield from _of_snapshot(found.state, ("snapshot", name))
            case kind if kind == DEPLOYMENT:
                model, _, environment = name.rpartition("@")
                self.environments.setdefault(model, set()).add(environment)
                yield from _of_deployment(found.state, ("model", model))
            case kind if kind == CALLERS:
                yield from ((f"consumer:{place.consumer}", ("model", name)) for place in found.state)


def _of_model(model: Model, unit: Unit) -> Iterator[tuple[str, Unit]]:
    for version in model.versions.values():
        said = version.registered
        for snapshot in said.snapshots:
            yield f"snapshot:{snapshot.snapshot}", unit
        for prompt in said.prompts:
            yield f"prompt:{prompt.prompt}@{prompt.revision}", unit
        if said.run:
            yield f"run:{said.run.tracker}/{said.run.run}", unit
        if said.code:
            yield f"code:{said.code.repository}@{said.code.revision}", unit
    for consumer in (*model.consumers, *model.former_consumers):
        yield f"consumer:{consumer}", unit


def _of_bindings(bindings: Bindings, unit: Unit) -> Iterator[tuple[str, Unit]]:
    for _, context in bindings.places:
        yield f"context:{context}", unit


def _of_context(revisions: Revisions, unit: Unit) -> Iterator[tuple[str, Unit]]:
    for published in revisions.values():
        yield f"source:{published.said.source}", unit


def _of_snapshot(pinned: Pinned | None, unit: Unit) -> Iterator[tuple[str, Unit]]:
    if pinned:
        yield f"context:{pinned.said.context}", unit


def _of_deployment(deployed: Deployed, unit: Unit) -> Iterator[tuple[str, Unit]]:
    for release in deployed.releases.values():
        for context in release.said.contexts:
            yield f"context:{context.context}", unit
        if release.said.prompt:
            yield f"prompt:{release.said.prompt}", unit


def _prefixes(name: str) -> Iterator[str]:
    """Contexts and fields may have dots in their names: `a.b.c` is a field of `a` or of `a.b`."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))
