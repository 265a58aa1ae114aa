"""Can rollout read all that registry and context-sync ever published, though it names only what it needs?"""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from tenure_journal.stream import TopicFold
from tenure_rollout.foreign import context_fold, registry_fold

from tests.contract.schemas.publish import golden, meaning, samples

READ = [
    (fold, path)
    for fold in (registry_fold(), context_fold())
    for path in samples()
    if path.stem.startswith(fold.service)
]


@pytest.mark.parametrize(("fold", "path"), READ, ids=lambda part: getattr(part, "stem", getattr(part, "service", None)))
def test_a_foreign_reader_sees_the_fields_that_it_names_as_the_owner_does(fold: TopicFold, path: Path) -> None:
    """Or nothing, where it does not name the event; never an error that would park the stream."""
    seen = fold.codec.decode(meaning(path)["dataschema"], path.read_bytes())
    assert seen is None or agrees(seen, golden(path))


def agrees(seen: Any, whole: Any) -> bool:
    """Whether all that is seen is so; inner records, too, may be seen in part."""
    if not is_dataclass(seen):
        return bool(seen == whole)
    same_name = type(seen).__name__ == type(whole).__name__
    return same_name and all(agrees(getattr(seen, f.name), getattr(whole, f.name)) for f in fields(seen))


def test_rollout_names_the_events_that_it_leans_on() -> None:
    seen = {
        path.stem.split(".")[1]
        for fold, path in READ
        if fold.codec.decode(meaning(path)["dataschema"], path.read_bytes())
    }
    assert seen >= {"VersionRegistered", "StageEntered", "ContextBound", "SlaBreached", "SlaRestored"}
