"""Which version does a published artifact register?

Source: CDEvents 0.4, artifact published 0.2; package-url specification (purl), type oci and qualifier checksum.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
from packageurl import PackageURL

from tenure_registry.inbox.asks import REGISTER_VERSION, Target, Wanted
from tenure_registry.inbox.cloudevent import Incoming
from tenure_registry.inbox.errors import NotTaken
from tenure_registry.inbox.foreign_names import name_of

PUBLISHED = "dev.cdevents.artifact.published."
SHORT = len("sha256:") + 12
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Subject(msgspec.Struct, frozen=True):
    id: str


class Published(msgspec.Struct, frozen=True):
    """The part of the CDEvent that counts: the artifact's purl."""

    subject: Subject


def wanted_of(event: Incoming) -> Wanted:
    """Raises NotTaken where the subject's id is no purl. Without a digest it is refused later, as the API would."""
    try:
        purl = msgspec.json.decode(event.data, type=Published).subject.id
        package = PackageURL.from_string(purl)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as wrong:
        raise NotTaken(f"the data is not a CDEvent whose subject's id is a purl: {str(wrong)[:200]}") from None
    qualifiers = package.qualifiers if isinstance(package.qualifiers, dict) else {}
    digest = _digest(package, qualifiers)
    body = {"model_version": _version(package, qualifiers, digest), "artifact_digest": digest, "locators": [purl]}
    return Wanted(target=Target(model=name_of(package.name)), ask=REGISTER_VERSION, data=orjson.dumps(body))


def _digest(package: PackageURL, qualifiers: Mapping[str, Any]) -> str | None:
    """An image's version is its digest; other packages have checksums."""
    for offered in (package.version or "", *str(qualifiers.get("checksum", "")).split(",")):
        if _DIGEST.fullmatch(offered.strip()):
            return offered.strip()
    return None


def _version(package: PackageURL, qualifiers: Mapping[str, Any], digest: str | None) -> str:
    """An image's tag, or the beginning of its digest; else the package's version."""
    if package.version and not _DIGEST.fullmatch(package.version):
        return name_of(package.version)
    named = qualifiers.get("tag") or (digest or "none")[:SHORT].replace(":", "-")
    return name_of(str(named))
