"""The ids of monitor, so that none is taken for another."""

from typing import NewType

ModelName = NewType("ModelName", str)
ModelVersion = NewType("ModelVersion", str)
PrincipalId = NewType("PrincipalId", str)
CallerName = NewType("CallerName", str)

# What no consumer can be called: predictions that name none, and those of more consumers than are kept apart.
UNNAMED, OTHER = CallerName("(unnamed)"), CallerName("(other)")
