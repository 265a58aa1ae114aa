"""The ids of monitor, so that none is taken for another."""

from typing import NewType

ModelName = NewType("ModelName", str)
PrincipalId = NewType("PrincipalId", str)
