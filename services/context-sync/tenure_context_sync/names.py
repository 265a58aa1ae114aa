"""The ids and words of context-sync, so that none is taken for another."""

from typing import Literal, NewType

SourceName = NewType("SourceName", str)
ContextName = NewType("ContextName", str)
SnapshotName = NewType("SnapshotName", str)
SubjectId = NewType("SubjectId", str)
ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)

Format = Literal["debezium", "debezium_unwrapped", "json", "avro"]
Lane = Literal["streaming", "batch"]
OnBreach = Literal["nothing", "alert", "pause_rollout", "block_releases", "fall_back"]
Function = Literal["count", "sum", "last", "distinct"]
Rule = Literal["not_null", "range", "references"]
FieldChangeKind = Literal[
    "added", "removed", "renamed", "widened", "narrowed", "retyped", "nullable", "required", "key_retyped"
]
SchemaChangeClass = Literal["compatible", "lossy", "breaking"]
DropReason = Literal["unreferenced", "refused"]
