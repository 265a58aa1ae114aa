"""The rules that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass
from datetime import datetime

from tenure_decider import Forbidden, Invalid, Rejected, Unknown

from tenure_registry.names import ConsumerName, Digest, ModelName, ModelVersion, PrincipalId, Stage


@dataclass(eq=False)
class ModelExists(Rejected):
    """Model {model} was created with another {field}; what can change is changed, not created again."""

    model: ModelName
    field: str


@dataclass(eq=False)
class ModelUnknown(Unknown):
    """There is no such model: create it first."""


@dataclass(eq=False)
class NameUnknown(Invalid):
    """There is no {name}: create or publish it first."""

    name: str


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
    """Version {model_version} was registered with another {field}."""

    model_version: ModelVersion
    field: str


@dataclass(eq=False)
class ConfigurationMissing(Invalid):
    """A hosted version needs its declared configuration; an artifact has none."""


@dataclass(eq=False)
class NotHosted(Rejected):
    """{model_version} is an artifact: nobody can change what it is."""

    model_version: ModelVersion


@dataclass(eq=False)
class LocatorUnknown(Unknown):
    """{model_version} was not registered with the locator {locator}."""

    model_version: ModelVersion
    locator: str


@dataclass(eq=False)
class VersionHasEnded(Rejected):
    """{model_version} is {stage}: nothing of it begins again."""

    model_version: ModelVersion
    stage: Stage


@dataclass(eq=False)
class TooMany(Rejected):
    """There are {most} {what} here, and no more may be: take away what nobody needs, or begin another model."""

    what: str
    most: int


@dataclass(eq=False)
class AliasUnknown(Unknown):
    """There is no alias {alias}."""

    alias: str


@dataclass(eq=False)
class OtherArtifactSeen(Rejected):
    """{model_version} is {registered}, but {seen} was looked at."""

    model_version: ModelVersion
    registered: Digest
    seen: Digest


@dataclass(eq=False)
class OtherEvidenceSeen(Rejected):
    """Of {model_version} there is other evidence, {recorded}, than the approver looked at, {seen}."""

    model_version: ModelVersion
    recorded: Digest
    seen: Digest


@dataclass(eq=False)
class ReportDiffers(Invalid):
    """The report is {body}, not {claimed} as it is said to be."""

    claimed: Digest
    body: Digest


@dataclass(eq=False)
class EvidenceIsFixed(Rejected):
    """Evidence {evidence} was recorded and says something else; a new report needs a name of its own."""

    evidence: str


@dataclass(eq=False)
class FourEyesRequired(Forbidden):
    """{approver} is the {role} of {model_version} and cannot approve it."""

    approver: PrincipalId
    model_version: ModelVersion
    role: str


@dataclass(eq=False)
class ApproverKindMissing(Forbidden):
    """{principal} approves nothing here: the token has no approver kind, and nobody delegated the decision to it."""

    principal: PrincipalId


@dataclass(eq=False)
class AlreadyOver(Invalid):
    """{instant} has passed."""

    instant: datetime


@dataclass(eq=False)
class ReasonRequired(Invalid):
    """A refusal, a revocation and an exception must say why."""


@dataclass(eq=False)
class NothingToRevoke(Rejected):
    """{approver} has no standing approval of {model_version} for {stage}."""

    approver: PrincipalId
    model_version: ModelVersion
    stage: Stage


@dataclass(eq=False)
class NothingToWithdraw(Rejected):
    """{approver} has refused nothing of {model_version} for {stage}: only who refused takes it back."""

    approver: PrincipalId
    model_version: ModelVersion
    stage: Stage


@dataclass(eq=False)
class RefusalStands(Rejected):
    """{model_version} is refused for {stage} until that kind grants anew or who refused withdraws it: {refusals}."""

    model_version: ModelVersion
    stage: Stage
    refusals: tuple[str, ...]


@dataclass(eq=False)
class DelegationUnknown(Unknown):
    """{delegate} decides in nobody's place on {model_version} for {stage}."""

    delegate: PrincipalId
    model_version: ModelVersion
    stage: Stage


@dataclass(eq=False)
class DelegationOfAnother(Forbidden):
    """{approver} let {delegate} decide; only {approver}, or an admin with a reason, takes that back."""

    approver: PrincipalId
    delegate: PrincipalId


@dataclass(eq=False)
class DelegationToAuthor(Forbidden):
    """{delegate} registered {model_version} and cannot decide in anybody's place."""

    delegate: PrincipalId
    model_version: ModelVersion


@dataclass(eq=False)
class StageUnknown(Invalid):
    """Policy {policy} has no way into {stage}; it knows {known}."""

    policy: str
    stage: Stage
    known: tuple[Stage, ...]


@dataclass(eq=False)
class StageHasOwnCommand(Invalid):
    """{stage} is entered by deprecating, retiring, archiving or destroying."""

    stage: Stage


@dataclass(eq=False)
class StageOutOfOrder(Rejected):
    """{model_version} is in stage {current} and cannot enter {wanted}."""

    model_version: ModelVersion
    current: Stage | None
    wanted: Stage


@dataclass(eq=False)
class MayNotAsk(Forbidden):
    """Only {asked_by} or an admin may ask for {stage}."""

    stage: Stage
    asked_by: tuple[str, ...]


@dataclass(eq=False)
class RequirementsUnmet(Rejected):
    """{model_version} cannot enter {stage} under {policy}: {unmet}."""

    model_version: ModelVersion
    stage: Stage
    policy: str
    unmet: tuple[str, ...]


@dataclass(eq=False)
class ConsumerUnknown(Unknown):
    """{consumer} is not declared as a consumer, and was not seen calling what ends."""

    consumer: ConsumerName


@dataclass(eq=False)
class ConsumerOfAnother(Forbidden):
    """{declared_by} declared {consumer}: who declared it, or an operator or admin with a reason, speaks for it."""

    consumer: ConsumerName
    declared_by: PrincipalId


@dataclass(eq=False)
class ConsumerUndeclared(Forbidden):
    """{consumer} calls, but nobody declared it: only an operator or admin with a reason speaks for it."""

    consumer: ConsumerName


@dataclass(eq=False)
class SunsetPassed(Invalid):
    """The sunset {sunset_at} has passed at {decided_at}, when it was decided: nobody could have notice of it."""

    sunset_at: datetime
    decided_at: datetime


@dataclass(eq=False)
class NotDeprecated(Rejected):
    """{model_version} was not deprecated: its consumers have no notice."""

    model_version: ModelVersion


@dataclass(eq=False)
class SunsetAhead(Rejected):
    """The sunset of {model_version} is announced for {sunset_at}; only an admin with a reason ends it before."""

    model_version: ModelVersion
    sunset_at: datetime


@dataclass(eq=False)
class StillServing(Rejected):
    """{model_version} still gets traffic: {traffic}; only an admin with a reason ends it all the same."""

    model_version: ModelVersion
    traffic: tuple[str, ...]


@dataclass(eq=False)
class NotAcknowledged(Rejected):
    """Consumers of {model_version} have not acknowledged its end: {consumers}; only an admin ends it all the same."""

    model_version: ModelVersion
    consumers: tuple[ConsumerName, ...]


@dataclass(eq=False)
class ForceNotAllowed(Forbidden):
    """Only an admin may retire {model_version} against the rules."""

    model_version: ModelVersion


@dataclass(eq=False)
class ReplacementUnknown(Invalid):
    """{replacement} can't replace {model_version}: it is not a living version of this model."""

    model_version: ModelVersion
    replacement: ModelVersion


@dataclass(eq=False)
class NotRetired(Rejected):
    """{model_version} is {stage}, not retired."""

    model_version: ModelVersion
    stage: Stage | None


@dataclass(eq=False)
class TaskUnknown(Invalid):
    """The policy has no clean-up task {task}; it has {known}."""

    task: str
    known: tuple[str, ...]


@dataclass(eq=False)
class NotArchived(Rejected):
    """{model_version} is {stage}: only what was archived is destroyed."""

    model_version: ModelVersion
    stage: Stage | None


@dataclass(eq=False)
class RetentionNotOver(Rejected):
    """{model_version} is kept until {until}, as its policy says; that counts from when its end was recorded."""

    model_version: ModelVersion
    until: datetime


@dataclass(eq=False)
class OnLegalHold(Rejected):
    """Nothing of this model is destroyed: {reason}."""

    reason: str


@dataclass(eq=False)
class NotOnHold(Rejected):
    """There is no legal hold to lift."""


@dataclass(eq=False)
class ProofOfSomethingElse(Invalid):
    """The proof is of {destroyed}; {model_version} is {registered}."""

    model_version: ModelVersion
    registered: Digest
    destroyed: Digest
