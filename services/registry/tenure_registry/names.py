"""The ids of the registry, so that none is taken for another."""

from typing import Literal, NewType

ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)
Digest = NewType("Digest", str)

ApproverKind = Literal["risk", "compliance", "security", "business"]
Stage = Literal["candidate", "validated", "production", "retired"]
EvidenceKind = Literal["evaluation", "fairness", "robustness", "explainability", "artifact_scan", "model_card"]
EvidenceVerdict = Literal["passed", "failed", "inconclusive"]
