"""The ids of rollout, so that none is taken for another."""

from typing import Literal, NewType

Deployment = NewType("Deployment", str)
ReleaseId = NewType("ReleaseId", str)
RolloutId = NewType("RolloutId", str)
ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)

Verdict = Literal["continue", "abort", "insufficient", "inconclusive"]
