"""Changes in the catalogue that the tests of the registry begin with: details, hosted versions, locators, names."""

from dataclasses import replace

from tenure_registry.model.commands import ChangeModel, ChangeTags, CheckLocator, MoveAlias, ObserveFingerprint
from tenure_registry.model.events import (
    AliasMoved,
    HostedFingerprintChanged,
    LocatorChecked,
    ModelChanged,
    TagsChanged,
)
from tenure_registry.names import ModelVersion
from tenure_registry.parts import HostedConfiguration, Tag

from tests.unit.registry.story import AUTHOR, NOON, V1, register, registered

change = ChangeModel(
    description="how late?",
    owner=AUTHOR,
    policy=None,
    risk_tier="high",
    contexts=("weather",),
    unknown=None,
    principal=AUTHOR,
    now=NOON,
)
changed = ModelChanged(
    description="how late?",
    owner=AUTHOR,
    policy=None,
    risk_tier="high",
    contexts=("weather",),
    changed_by=AUTHOR,
    changed_at=NOON,
)
hosted = HostedConfiguration(provider="acme", model_id="acme-large", fingerprint="fp-1", parameters={"top_p": "0.9"})
register_hosted = replace(register, kind="hosted", hosted=hosted, locators=())
registered_hosted = replace(registered, kind="hosted", hosted=hosted, locators=())
observe = ObserveFingerprint(model_version=V1, fingerprint="fp-2", principal=AUTHOR, now=NOON)
observed = HostedFingerprintChanged(
    model_version=V1, fingerprint="fp-2", previous="fp-1", observed_by=AUTHOR, observed_at=NOON
)
PLACE = "s3://models/delays/1"
check = CheckLocator(
    model_version=V1, locator=PLACE, outcome="verified", detail="read whole", principal=AUTHOR, now=NOON
)
checked = LocatorChecked(
    model_version=V1, locator=PLACE, outcome="verified", detail="read whole", checked_by=AUTHOR, checked_at=NOON
)
team = Tag(key="team", kind="text", value="ops")
tag = ChangeTags(model_version=None, tags=(team,), removed=(), principal=AUTHOR, now=NOON)
tags_changed = TagsChanged(model_version=None, tags=(team,), removed=(), changed_by=AUTHOR, changed_at=NOON)
move = MoveAlias(alias="champion", model_version=V1, principal=AUTHOR, now=NOON)
moved = AliasMoved(alias="champion", model_version=V1, previous=None, moved_by=AUTHOR, moved_at=NOON)
V2 = ModelVersion("2")
second_registered = replace(registered, model_version=V2)
