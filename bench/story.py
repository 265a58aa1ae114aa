"""What happens to a model of the big bench, decided by the registry's own rules: 100 events for ten versions."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tenure_registry.model.commands import (
    ChangeTags,
    CreateModel,
    EnterStage,
    GrantApproval,
    ModelCommand,
    MoveAlias,
    RecordEvidence,
    RegisterVersion,
    RequestApproval,
    Rules,
)
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import ModelEvent
from tenure_registry.model.state import Model
from tenure_registry.names import Digest, EvidenceKind, ModelName, ModelVersion, PrincipalId, Stage
from tenure_registry.parts import CodeRef, Metric, RunRef, SnapshotRef, Tag
from tenure_registry.policy.inheritance import effective
from tenure_registry.policy.standard import STANDARD, STANDARD_DOCUMENT

VERSIONS = 10
MODEL = ModelName("m00000")  # every model's name has its length, so that bytes made once serve for all
ARTIFACT, REPORT = "5" * 64, "6" * 64  # each version's and each event's own digest is put in their places
DIGEST = Digest(f"sha256:{ARTIFACT}")
RULES = Rules(policy=effective(STANDARD, 0, [STANDARD_DOCUMENT]), risk_tier=None, contexts={})
PRODUCTION = Stage("production")
KINDS: tuple[EvidenceKind, ...] = ("evaluation", "fairness", "artifact_scan")
AUTHOR, OFFICER = PrincipalId("p-0f2c61d4a7b8"), PrincipalId("p-93be50c2d1f6")


def story() -> list[tuple[int, ModelEvent]]:
    """Each event with its version's number from 1 on, 0 for the model's own; nothing of it reopens a gate."""
    state, told = Model(), list[tuple[int, ModelEvent]]()
    for number, command in orders(datetime.now(UTC)):
        event = model_decider.decide(state, command)
        assert event is not None, command
        state = model_decider.evolve(state, event)
        told.append((number, event))
    return told


def orders(now: datetime) -> Iterator[tuple[int, ModelCommand]]:
    yield 0, creation(now)
    for number in range(1, VERSIONS + 1):
        for command in life(ModelVersion(str(number)), now):
            yield number, command
        if number < VERSIONS:
            tag = Tag(key="trained-by", kind="text", value="pipeline-7")
            yield (
                number,
                ChangeTags(model_version=ModelVersion(str(number)), tags=(tag,), removed=(), principal=AUTHOR, now=now),
            )


def life(version: ModelVersion, now: datetime) -> Iterator[ModelCommand]:
    yield registration(version, now)
    for kind in KINDS:
        yield recording(version, kind, now)
    yield RequestApproval(
        model_version=version, stage=PRODUCTION, kinds=("risk",), comment="please", principal=AUTHOR, now=now
    )
    yield GrantApproval(
        model_version=version,
        seen_digest=DIGEST,
        seen_evidence=None,
        stage=PRODUCTION,
        comment="",
        expires_at=None,
        rules=RULES,
        principal=OFFICER,
        approver_kind="risk",
        now=now,
    )
    for stage in (Stage("validated"), PRODUCTION):
        yield EnterStage(
            model_version=version,
            stage=stage,
            rules=RULES,
            roles=frozenset({"engineer"}),
            principal=AUTHOR,
            now=now,
        )
    yield MoveAlias(alias="champion", model_version=version, principal=AUTHOR, now=now)


def creation(now: datetime) -> CreateModel:
    return CreateModel(
        model=MODEL,
        family=None,
        variant=None,
        description="Scores the delay of a departure",
        owner=None,
        policy=None,
        risk_tier=None,
        contexts=("weather",),
        unknown=None,
        principal=AUTHOR,
        now=now,
    )


def registration(version: ModelVersion, now: datetime) -> RegisterVersion:
    return RegisterVersion(
        model_version=version,
        kind="artifact",
        artifact_digest=DIGEST,
        locators=("s3://models/delays",),
        hosted=None,
        framework="scikit-learn",
        features=("hour", "distance", "wind_speed", "carrier"),
        inputs=(),
        outputs=(),
        snapshots=(SnapshotRef(snapshot="snap-7", digest=DIGEST),),
        prompts=(),
        run=RunRef(tracker="mlflow", address="https://tracker", run="9f2c"),
        code=CodeRef(repository="https://git/models", revision="4c1b"),
        metadata={"team": "flights"},
        principal=AUTHOR,
        now=now,
    )


def recording(version: ModelVersion, kind: EvidenceKind, now: datetime) -> RecordEvidence:
    metric = Metric(name="brier", value=0.12, slice=None, n=1_000, low=0.11, high=0.13)
    return RecordEvidence(
        evidence=f"{kind}-1",
        model_version=version,
        seen_digest=DIGEST,
        kind=kind,
        verdict="passed",
        tool="tenure",
        tool_version="0.1",
        report_digest=Digest(f"sha256:{REPORT}"),
        report=None,
        body_digest=None,
        contexts=(),
        metrics=(metric, Metric(name="auc", value=0.81, slice=None, n=1_000, low=0.8, high=0.82)),
        principal=AUTHOR,
        now=now,
    )
