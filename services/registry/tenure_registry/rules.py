"""The rules that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass

from tenure_decider import Forbidden, Invalid, Rejected, Unknown

from tenure_registry.names import (
    ApproverKind,
    Digest,
    EvidenceKind,
    EvidenceVerdict,
    ModelName,
    ModelVersion,
    PrincipalId,
    Stage,
)


@dataclass(eq=False)
class ModelExists(Rejected):
    """Model {model} was created with another family or description."""

    model: ModelName


@dataclass(eq=False)
class ModelUnknown(Unknown):
    """There is no such model: create it first."""


@dataclass(eq=False)
class VersionUnknown(Unknown):
    """There is no version {model_version}."""

    model_version: ModelVersion


@dataclass(eq=False)
class ArtifactIsFixed(Rejected):
    """Version {model_version} is {registered}; {offered} needs a name of its own."""

    model_version: ModelVersion
    registered: Digest
    offered: Digest


@dataclass(eq=False)
class RegistrationIsFixed(Rejected):
    """Version {model_version} was registered with other features, snapshots, framework or metadata."""

    model_version: ModelVersion


@dataclass(eq=False)
class OtherArtifactSeen(Rejected):
    """{model_version} is {registered}, but {seen} was looked at."""

    model_version: ModelVersion
    registered: Digest
    seen: Digest


@dataclass(eq=False)
class EvidenceIsFixed(Rejected):
    """Evidence {evidence} was recorded and says something else; a new report needs a name of its own."""

    evidence: str


@dataclass(eq=False)
class FourEyesRequired(Forbidden):
    """{approver} registered {model_version} and cannot approve it."""

    approver: PrincipalId
    model_version: ModelVersion


@dataclass(eq=False)
class ReasonRequired(Invalid):
    """A refusal or a revocation must say why."""


@dataclass(eq=False)
class NothingToRevoke(Rejected):
    """{approver} has no standing approval of {model_version} for {stage}."""

    approver: PrincipalId
    model_version: ModelVersion
    stage: Stage


@dataclass(eq=False)
class StageOutOfOrder(Rejected):
    """{model_version} is in stage {current} and cannot enter {wanted}."""

    model_version: ModelVersion
    current: Stage | None
    wanted: Stage


@dataclass(eq=False)
class EvidenceMissing(Rejected):
    """{model_version} has no evidence of kind {evidence_kind}, which production needs."""

    model_version: ModelVersion
    evidence_kind: EvidenceKind


@dataclass(eq=False)
class EvidenceNotPassed(Rejected):
    """Of {model_version} the newest evaluation, {evidence}, is {verdict}; production needs one that passed."""

    model_version: ModelVersion
    evidence: str
    verdict: EvidenceVerdict


@dataclass(eq=False)
class ApprovalMissing(Rejected):
    """{model_version} has no standing approval for {stage} of any of these kinds: {kinds}."""

    model_version: ModelVersion
    stage: Stage
    kinds: tuple[ApproverKind, ...]
