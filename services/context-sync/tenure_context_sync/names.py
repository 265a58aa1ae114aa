"""The ids of context-sync, so that none is taken for another."""

from typing import Literal, NewType

SourceName = NewType("SourceName", str)
ContextName = NewType("ContextName", str)
SnapshotName = NewType("SnapshotName", str)
ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)

Format = Literal["debezium"]
Lane = Literal["streaming", "batch"]
OnBreach = Literal["alert", "pause_rollout"]
