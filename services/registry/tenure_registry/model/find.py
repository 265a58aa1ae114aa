"""Which version does a command mean?"""

from tenure_registry.model.rules import OtherArtifactSeen, VersionHasEnded, VersionUnknown
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ARCHIVED, DESTROYED, RETIRED, Digest, ModelVersion

OVER = (RETIRED, ARCHIVED, DESTROYED)


def find(model: Model, model_version: ModelVersion) -> Version:
    try:
        return model.versions[model_version]
    except KeyError:
        raise VersionUnknown(model_version) from None


def find_living(model: Model, model_version: ModelVersion) -> Version:
    """One that was not retired."""
    version = find(model, model_version)
    if version.stage is not None and version.stage in OVER:
        raise VersionHasEnded(model_version, version.stage)
    return version


def find_seen(model: Model, model_version: ModelVersion, seen: Digest) -> Version:
    """A living one whose artifact is what the caller looked at."""
    version = find_living(model, model_version)
    if seen != version.digest:
        raise OtherArtifactSeen(model_version, version.digest, seen)
    return version
