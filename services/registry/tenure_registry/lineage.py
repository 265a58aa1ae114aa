"""What does a thing come from, and what depends on it?

    source -> context -> snapshot -> run -> version -> release -> deployment -> consumer

Down is the way of the arrows. Besides, code and prompts lead to versions, contexts and prompts to releases, a context
to the versions that are bound to it, and a version to the consumers that are seen calling it, and to what is owed for
it since a subject was erased whose data it was trained on. A source's fields lead to exactly those versions that read
them: of a version that declares its features these; of one that declares none all fields of the contexts that it is
bound to or was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tenure_journal import View

from tenure_registry.callers import callers_of, callers_stream, named
from tenure_registry.foreign import BINDING, CONTEXT, SNAPSHOT, Bindings, Pinned, Revisions
from tenure_registry.model.state import Model, Version
from tenure_registry.obligation.decider import Obligations
from tenure_registry.serving import Deployed, deployment_stream
from tenure_registry.streams import model_stream, obligation_stream


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` comes from, or depends on, `source`; `event` says so: `stream#sequence`."""

    source: str
    target: str
    event: str


@dataclass(frozen=True, slots=True)
class Read:
    """A context revision that a version reads or was trained on, and the event that says so."""

    context: str
    revision: int
    event: str


def of_context(view: View, context: str) -> Iterator[Edge]:
    stream = f"{CONTEXT}/{context}"
    revisions: Revisions = view.state(stream)
    for revision, published in sorted(revisions.items()):
        source, event = f"source:{published.said.source}", f"{stream}#{published.sequence}"
        yield Edge(source, f"context:{context}@{revision}", event)
        for name in published.said.fields:
            yield Edge(source, f"field:{context}.{name}", event)


def of_snapshot(view: View, snapshot: str) -> Iterator[Edge]:
    stream = f"{SNAPSHOT}/{snapshot}"
    pinned: Pinned | None = view.state(stream)
    if pinned:
        context = f"context:{pinned.said.context}@{pinned.said.revision}"
        yield Edge(context, f"snapshot:{snapshot}", f"{stream}#{pinned.sequence}")


def of_model(view: View, model: str, environments: Iterable[str]) -> Iterator[Edge]:
    """All edges that end in one of its versions, runs, releases, deployments, consumers or obligations."""
    known: Model = view.state(model_stream(model))
    for name, version in known.versions.items():
        yield from of_version(view, model, name, version)
    for environment in environments:
        yield from of_deployment(view, known, model, environment)
    yield from of_callers(view, model)
    yield from of_obligations(view, model)


def of_obligations(view: View, model: str) -> Iterator[Edge]:
    """Those that are not discharged."""
    stream = obligation_stream(model)
    known: Obligations = view.state(stream)
    for subject, one in known.items():
        for version in one.opened.versions if one.discharged is None else ():
            yield Edge(f"version:{model}@{version}", f"obligation:{model}/{subject}", f"{stream}#{one.sequence}")


def of_callers(view: View, model: str) -> Iterator[Edge]:
    for place, one in callers_of(view, model).items():
        if named(place.consumer) and not one.quiet:
            event = f"{callers_stream(model)}#{one.sequence}"
            yield Edge(f"version:{model}@{place.model_version}", f"consumer:{place.consumer}", event)


def of_version(view: View, model: str, name: str, version: Version) -> Iterator[Edge]:
    node, event, said = f"version:{model}@{name}", f"{model_stream(model)}#{version.sequence}", version.registered
    run = f"run:{said.run.tracker}/{said.run.run}" if said.run else None
    if run:
        yield Edge(run, node, event)
    for snapshot in said.snapshots:
        yield Edge(f"snapshot:{snapshot.snapshot}", run or node, event)
    if said.code:
        yield Edge(f"code:{said.code.repository}@{said.code.revision}", node, event)
    for prompt in said.prompts:
        yield Edge(f"prompt:{prompt.prompt}@{prompt.revision}", node, event)
    bound = list(bound_to(view, model, name))
    for read in bound:
        yield Edge(f"context:{read.context}@{read.revision}", node, read.event)
    for read in (*bound, *trained_on(view, version, event)):
        for field in fields_of(view, read, version):
            yield Edge(f"field:{read.context}.{field}", node, read.event)


def bound_to(view: View, model: str, model_version: str) -> Iterator[Read]:
    stream = f"{BINDING}/{model}"
    bindings: Bindings = view.state(stream)
    for (version, context), (revision, sequence) in bindings.places.items():
        if version == model_version:
            yield Read(context, revision, f"{stream}#{sequence}")


def trained_on(view: View, version: Version, event: str) -> Iterator[Read]:
    for snapshot in version.registered.snapshots:
        pinned: Pinned | None = view.state(f"{SNAPSHOT}/{snapshot.snapshot}")
        if pinned:
            yield Read(pinned.said.context, pinned.said.revision, event)


def fields_of(view: View, read: Read, version: Version) -> list[str]:
    """The context's fields that the version reads."""
    revisions: Revisions = view.state(f"{CONTEXT}/{read.context}")
    published, features = revisions.get(read.revision), version.registered.features
    fields = published.said.fields if published else ()
    return [field for field in fields if not features or field in features]


def of_deployment(view: View, known: Model, model: str, environment: str) -> Iterator[Edge]:
    stream = deployment_stream(model, environment)
    node, deployed = f"deployment:{model}@{environment}", _deployed(view, stream)
    for name, release in deployed.releases.items():
        target, event = f"release:{model}@{environment}/{name}", f"{stream}#{release.sequence}"
        yield Edge(f"version:{model}@{release.said.model_version}", target, event)
        for context in release.said.contexts:
            yield Edge(f"context:{context.context}@{context.revision}", target, event)
        if release.said.prompt:
            yield Edge(f"prompt:{release.said.prompt}", target, event)
    for arm in deployed.route.arms if deployed.route else ():
        if arm.weight_percent > 0:
            yield Edge(f"release:{model}@{environment}/{arm.release}", node, f"{stream}#{deployed.epoch}")
    if deployed.releases:
        for consumer, declared in known.consumers.items():
            yield Edge(node, f"consumer:{consumer}", f"{model_stream(model)}#{declared.sequence}")


def _deployed(view: View, stream: str) -> Deployed:
    deployed: Deployed = view.state(stream)
    return deployed
