"""What are several facts made of?"""

from dataclasses import dataclass

from tenure_registry.names import Digest, PolicyName, PromptName, TagKind


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotRef:
    """A pinned training snapshot: its name and the digest of what it held."""

    snapshot: str
    digest: Digest


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextRef:
    context: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptRef:
    prompt: PromptName
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyRef:
    """Which rules were looked at: `digest` covers what of the policy, its ancestors included, the stage asks for."""

    policy: PolicyName
    revision: int
    digest: Digest


@dataclass(frozen=True, kw_only=True, slots=True)
class BasedOn:
    """The head of another stream that a decision leaned on."""

    stream: str
    sequence: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRef:
    """The run of an experiment tracker that made a version: `mlflow`, `https://tracker`, the run's id there."""

    tracker: str
    address: str
    run: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeRef:
    repository: str
    revision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One input or output of a model."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """A typed label; `value` is written as JSON would write it."""

    key: str
    kind: TagKind
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What a model of a family is for, where there are several."""

    segment: str | None
    region: str | None
    regime: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HostedConfiguration:
    """A vendor's model as it was declared; `fingerprint` is what the vendor said that it was when it was looked at."""

    provider: str
    model_id: str
    fingerprint: str | None
    parameters: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One figure of a report, over all data or one slice, with its interval where there is one."""

    name: str
    value: float
    slice: str | None
    n: int
    low: float | None
    high: float | None
