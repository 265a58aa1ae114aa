"""What have all suites in common: a name, thresholds, and, where they test on a table, the table?"""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from tenure_evidence.verdicts import Rigour, Threshold

Name = Annotated[str, Field(min_length=1, max_length=200)]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", examples=["shop.costs:expected_cost"])]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class File(Declared):
    """CSV or Parquet, by the name's ending; relative to the suite's folder."""

    path: Name
    digest: Digest | None = None


class OwnData(Declared):
    """A function of the user's own that returns a pandas DataFrame."""

    callable: Reference
    digest: Digest | None = None


class Gated(Declared):
    """`name` is for people."""

    name: Name
    rigour: Rigour = Rigour()
    thresholds: tuple[Threshold, ...] = Field(default=(), max_length=100)

    def measures(self) -> Iterable[str] | None:
        """The metrics that this suite will measure; None where only the run can tell."""
        return None

    @model_validator(mode="after")
    def _measured(self) -> Self:
        known = self.measures()
        if known is not None and (unknown := {t.metric.partition("[")[0] for t in self.thresholds} - set(known)):
            raise ValueError(f"nothing here measures {sorted(unknown)}, only {sorted(known)}")
        return self

    def settings(self) -> dict[str, JsonValue]:
        """The suite as it was declared, for the report."""
        return {"suite": self.model_dump(mode="json")}


class Tabular(Gated):
    """A suite over a table: `features` are given to the model in this order."""

    data: File | OwnData
    target: Name
    features: tuple[Name, ...] = Field(min_length=1, max_length=10_000)

    def columns(self) -> set[str]:
        """Every column that the data set must have."""
        return {self.target, *self.features}
