"""What can go wrong with an artifact, by name."""

from dataclasses import dataclass
from pathlib import Path


class ArtifactError(Exception):
    """An expected failure. A subclass's docstring is its message; its fields are the facts."""

    def __str__(self) -> str:
        return (type(self).__doc__ or type(self).__name__).format_map(vars(self))


@dataclass(eq=False)
class DigestMalformed(ArtifactError):
    """{text!r} is no digest: it is `sha256:` and 64 lower-case hex digits."""

    text: str


@dataclass(eq=False)
class StoreUnknown(ArtifactError):
    """{url} is no store that can be opened here: {why}."""

    url: str
    why: str


@dataclass(eq=False)
class StoreUnavailable(ArtifactError):
    """{store} does not answer as it should: {why}."""

    store: str
    why: str


@dataclass(eq=False)
class ArtifactUnknown(ArtifactError):
    """There is no artifact {digest} in {store}."""

    digest: str
    store: str


@dataclass(eq=False)
class ArtifactDestroyed(ArtifactError):
    """{digest} was destroyed at {destroyed_at}, as event {authorised_by} allowed."""

    digest: str
    destroyed_at: str
    authorised_by: str


@dataclass(eq=False)
class ArtifactDamaged(ArtifactError):
    """{digest} is damaged: {where} {what}."""

    digest: str
    where: str
    what: str


@dataclass(eq=False)
class FormatUnknown(ArtifactError):
    """{digest} is stored in format {number}: read it with a newer build."""

    digest: str
    number: int


@dataclass(eq=False)
class StoredAsOther(ArtifactError):
    """{digest} is stored as a {stored}, and a file and a directory's manifest can't share a digest in one store."""

    digest: str
    stored: str


@dataclass(eq=False)
class KeyUnknown(ArtifactError):
    """The key ring has no key {key}: use the ring that it was made in."""

    key: str


@dataclass(eq=False)
class WrongKey(ArtifactError):
    """Key {key} does not open {digest}: its header was altered, or another ring has a key of this name."""

    digest: str
    key: str


@dataclass(eq=False)
class KeyInUse(ArtifactError):
    """Key {key} {why}."""

    key: str
    why: str


@dataclass(eq=False)
class KeyRingMissing(ArtifactError):
    """There is no key ring at {path}: set TENURE_KEYRING to the one that the artifacts were pushed with."""

    path: Path


@dataclass(eq=False)
class KeyRingExposed(ArtifactError):
    """{path} has mode {mode}, so that others can read the keys: `chmod 600` it, and rotate."""

    path: Path
    mode: str


@dataclass(eq=False)
class KeyRingUnreadable(ArtifactError):
    """{path} is no key ring ({why}): restore it from a copy."""

    path: Path
    why: str


@dataclass(eq=False)
class SourceRefused(ArtifactError):
    """{path} can't be pushed: {why}."""

    path: Path
    why: str


@dataclass(eq=False)
class SourceChanged(ArtifactError):
    """{path} changed while it was read: push it again when nobody writes to it."""

    path: Path


@dataclass(eq=False)
class TooLarge(ArtifactError):
    """{path} has {size_bytes} bytes; an artifact has at most {limit_bytes} with this layout."""

    path: Path
    size_bytes: int
    limit_bytes: int


@dataclass(eq=False)
class PushDisturbed(ArtifactError):
    """{digest} was removed under the push as often as it was sent: push it again when that is over."""

    digest: str


@dataclass(eq=False)
class TargetTaken(ArtifactError):
    """{path} is there already, and a pull overwrites nothing: remove it, or pull to another place."""

    path: Path


@dataclass(eq=False)
class PullUnderWay(ArtifactError):
    """Another process pulls to {path} right now."""

    path: Path


@dataclass(eq=False)
class StagingExposed(ArtifactError):
    """{path} is not this user's alone, so what is in it can't be trusted: remove it."""

    path: Path


@dataclass(eq=False)
class DestructionRefused(ArtifactError):
    """{digest} stays: {why}."""

    digest: str
    why: str


@dataclass(eq=False)
class NotGone(ArtifactError):
    """{digest}: {count} objects are still there after their removal, {example} among them; try again."""

    digest: str
    count: int
    example: str
