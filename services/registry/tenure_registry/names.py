"""The ids of the registry, so that none is taken for another."""

from typing import Literal, NewType

ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
FamilyName = NewType("FamilyName", str)
PolicyName = NewType("PolicyName", str)
PromptName = NewType("PromptName", str)
ConsumerName = NewType("ConsumerName", str)
PrincipalId = NewType("PrincipalId", str)
Digest = NewType("Digest", str)
Stage = NewType("Stage", str)

ApproverKind = Literal["risk", "compliance", "security", "business"]
EvidenceKind = Literal[
    "evaluation",
    "fairness",
    "robustness",
    "prompt_injection",
    "artifact_scan",
    "explainability",
    "model_card",
    "data_sheet",
    "privacy_review",
    "signature",
    "sbom",
    "sign_off",
]
EvidenceVerdict = Literal["passed", "failed", "inconclusive"]
LocatorOutcome = Literal["verified", "unverified", "differs"]
Discharge = Literal["retrained", "retired", "not_needed"]
TagKind = Literal["text", "number", "flag", "instant"]
VersionKind = Literal["artifact", "hosted"]

# Who runs the platform asks for whatever a role may ask for; only approvals need a kind.
ADMIN = "admin"
# What serves is in production, by whatever way a policy leads there; the last four have commands of their own.
PRODUCTION = Stage("production")
DEPRECATED, RETIRED, ARCHIVED, DESTROYED = Stage("deprecated"), Stage("retired"), Stage("archived"), Stage("destroyed")
ENDINGS = (DEPRECATED, RETIRED, ARCHIVED, DESTROYED)
