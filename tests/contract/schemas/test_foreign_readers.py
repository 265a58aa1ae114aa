"""Can a service read all that another one ever published, though it names only what it needs?"""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from tenure_context_sync import app as context_sync
from tenure_journal.stream import TopicFold
from tenure_monitor import app as monitor
from tenure_registry import app as registry
from tenure_rollout import app as rollout

from tests.contract.schemas.publish import golden, meaning, samples

FOLDS = [fold for service in (registry, rollout, context_sync, monitor) for fold in service.definition().foreign]
READ = [(fold, path) for fold in FOLDS for path in samples() if path.stem.startswith(fold.service)]


@pytest.mark.parametrize(("fold", "path"), READ, ids=lambda part: getattr(part, "stem", getattr(part, "service", None)))
def test_a_foreign_reader_sees_the_fields_that_it_names_as_the_owner_does(fold: TopicFold, path: Path) -> None:
    """Or nothing, where it does not name the event; never an error that would park the stream."""
    seen = fold.codec.decode(meaning(path)["dataschema"], path.read_bytes())
    assert seen is None or agrees(seen, golden(path))


def agrees(seen: Any, whole: Any) -> bool:
    """Whether all that is seen is so; inner records, too, may be seen in part."""
    if isinstance(seen, tuple) and isinstance(whole, tuple):
        return len(seen) == len(whole) and all(map(agrees, seen, whole))
    if not is_dataclass(seen):
        return bool(seen == whole)
    same_name = type(seen).__name__ == type(whole).__name__
    return same_name and all(agrees(getattr(seen, f.name), getattr(whole, f.name)) for f in fields(seen))


def test_the_services_name_the_events_that_they_lean_on() -> None:
    seen = {
        path.stem.split(".")[1]
        for fold, path in READ
        if fold.codec.decode(meaning(path)["dataschema"], path.read_bytes())
    }
    assert seen >= {"VersionRegistered", "StageEntered", "ContextBound", "SlaBreached", "SlaRestored"}
