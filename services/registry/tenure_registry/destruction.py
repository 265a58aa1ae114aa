"""May a version's artifact go, and on whose word? Asked before a store is touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tenure_decider import Rejected
from tenure_journal import Replica

from tenure_registry.governance import rules_for
from tenure_registry.model.commands import RecordDestruction
from tenure_registry.model.ending_events import VersionArchived
from tenure_registry.model.retirement import decide_ending
from tenure_registry.model.state import Version
from tenure_registry.names import ModelVersion, PrincipalId
from tenure_registry.streams import MODEL, model_stream


def demand_destroyable(view: Replica, model: str, name: ModelVersion, by: PrincipalId, now: datetime) -> None:
    """Raises what the registry would say to the proof."""
    state = view.state(model_stream(model))
    version: Version = state.versions[name]
    command = RecordDestruction(
        model_version=name,
        proof="",
        proof_digest=version.digest,
        destroyed=version.digest,
        rules=rules_for(view, model),
        principal=by,
        now=now,
    )
    decide_ending(state, command)


def keepers(view: Replica, model: str, name: ModelVersion, by: PrincipalId, now: datetime) -> Iterator[str]:
    """Other versions, of any model, that have the same bytes and must keep them: the store holds them once."""
    digest = view.state(model_stream(model)).versions[name].digest
    for stream in view.streams(MODEL).values():
        other = stream.name.rpartition("/")[2]
        for found, version in stream.state.versions.items():
            if version.digest == digest and (other, found) != (model, name):
                try:
                    demand_destroyable(view, other, found, by, now)
                except Rejected as why:
                    yield f"version {found} of {other} ({why})"


async def archiving_of(view: Replica, model: str, name: ModelVersion) -> str:
    """The id of the event that archived it, which is what lets it go. Raises IndexError where there is none."""
    events = await view.events(model_stream(model))
    ids: list[str] = [
        meta.event_id for meta, event in events if isinstance(event, VersionArchived) and event.model_version == name
    ]
    return ids[-1]
