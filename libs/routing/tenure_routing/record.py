"""What does a routing record say?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Arm:
    """A release with its share, and the whole tuple; `contexts`: which revision of each context it reads."""

    release: str
    model_version: str
    weight_percent: float
    contexts: Mapping[str, int] = field(default_factory=dict)
    artifact_digest: str | None = None
    prompt: str | None = None
    flags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            record["release"],
            record["model_version"],
            record["weight_percent"],
            {one["context"]: one["revision"] for one in record.get("contexts", ())},
            record.get("artifact_digest"),
            record.get("prompt"),
            record.get("flags", {}),
        )


@dataclass(frozen=True, slots=True)
class Mirror:
    """A release that gets copies of this share of the requests, and whose answers nobody sees."""

    release: str
    percent: float


@dataclass(frozen=True, slots=True)
class HeaderArm:
    """Requests with this header go to this release, whatever the weights."""

    header: str
    value: str
    release: str


@dataclass(frozen=True, slots=True)
class Route:
    """One routing record; a higher epoch replaces a lower one, never the other way round."""

    deployment: str
    epoch: int
    arms: tuple[Arm, ...]
    salt: str
    mirrors: tuple[Mirror, ...] = ()
    headers: tuple[HeaderArm, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """From a record's JSON, as on `tenure.routes`. Raises KeyError and TypeError for what is none."""
        return cls(
            record["deployment"],
            record["epoch"],
            tuple(Arm.of(one) for one in record["arms"]),
            record["salt"],
            tuple(Mirror(one["release"], one["percent"]) for one in record.get("mirrors", ())),
            tuple(HeaderArm(one["header"], one["value"], one["release"]) for one in record.get("headers", ())),
        )

    def arm(self, release: str) -> Arm | None:
        """The arm of a release that a mirror or a header names."""
        return next((arm for arm in self.arms if arm.release == release), None)
