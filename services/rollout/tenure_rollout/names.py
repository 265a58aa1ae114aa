"""The ids and words of rollout, so that none is taken for another."""

from typing import Literal, NewType

Deployment = NewType("Deployment", str)
ReleaseId = NewType("ReleaseId", str)
RolloutId = NewType("RolloutId", str)
ActuatorName = NewType("ActuatorName", str)
FreezeName = NewType("FreezeName", str)
ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)

StepKind = Literal["setWeight", "pause", "analysis", "mirror", "setHeaderRoute", "waitFor"]
WaitKind = Literal["freshness", "approvals", "window", "rollout"]
ActuatorKind = Literal["client", "ofrep", "haproxy", "webhook"]
Capability = Literal["weights", "headers", "mirror", "tuple"]
