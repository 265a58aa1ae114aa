"""What does a team declare before it tests a model: data, measures, thresholds, and how sure it wants to be?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, field_validator, model_validator

from tenure_evidence.declared import Declared, Fraction, Gated, Name, Reference, Seed, Tabular
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.installed import load_tool

MAX_SUITE_BYTES = 1_048_576


class Bootstrap(Declared):
    """How rows are drawn again. BCa corrects bias and skew, and costs one more scoring for each row."""

    method: Literal["percentile", "BCa"] = "percentile"
    resamples: int = Field(default=1000, ge=100, le=10_000)
    seed: Seed = 0


class OwnScorer(Declared):
    """A function `(truth, predictions) -> float`."""

    name: Name
    callable: Reference


class EvaluationSuite(Tabular):
    """`scorers` are scikit-learn's names, whose greater values are better, and own functions."""

    kind: Literal["evaluation"]
    task: Literal["classification", "regression"]
    scorers: tuple[Name | OwnScorer, ...] = Field(min_length=1, max_length=20)
    slices: tuple[tuple[Name, ...], ...] = Field(default=(), max_length=20)
    bootstrap: Bootstrap = Bootstrap()

    @field_validator("slices", mode="before")
    @classmethod
    def _one_column_may_stand_alone(cls, slices: object) -> object:
        if not isinstance(slices, list | tuple):
            return slices
        return [[columns] if isinstance(columns, str) else columns for columns in slices]

    def measures(self) -> list[str]:
        return [scorer if isinstance(scorer, str) else scorer.name for scorer in self.scorers]

    @model_validator(mode="after")
    def _each_named_once(self) -> Self:
        if len(set(self.measures())) < len(self.scorers):
            raise ValueError(f"two scorers have the same name: {self.measures()}")
        return self

    def columns(self) -> set[str]:
        return super().columns().union(*self.slices)


Disparity = Literal["demographic_parity_difference", "equalized_odds_difference", "equal_opportunity_difference"]
DISPARITIES: tuple[Disparity, ...] = (
    "demographic_parity_difference",
    "equalized_odds_difference",
    "equal_opportunity_difference",
)


class FairnessSuite(Tabular):
    """Groups are the values of `sensitive`, which need not be a feature; several columns give their combinations."""

    kind: Literal["fairness"]
    sensitive: tuple[Name, ...] = Field(min_length=1, max_length=5)
    positive: bool | int | str = 1
    disparities: tuple[Disparity, ...] = Field(default=DISPARITIES, min_length=1)

    def measures(self) -> tuple[str, ...]:
        return self.disparities

    def columns(self) -> set[str]:
        return super().columns() | set(self.sensitive)


class FastGradient(Declared):
    """FGSM: one step of `eps` along the loss gradient; needs a model whose gradient ART knows."""

    attack: Literal["fast_gradient"]
    eps: float = Field(gt=0)
    norm: Literal["inf", "2"] = "inf"


class HopSkipJump(Declared):
    """Asks only for predictions. It finds the smallest change that it can, which counts if it is at most `eps`."""

    attack: Literal["hop_skip_jump"]
    eps: float = Field(gt=0)
    norm: Literal["inf", "2"] = "2"
    iterations: int = Field(default=10, ge=1, le=100)
    queries: int = Field(default=200, ge=10, le=10_000)


Attack = Annotated[FastGradient | HopSkipJump, Field(discriminator="attack")]


class RobustnessSuite(Tabular):
    """At most `rows` rows, drawn by `seed`, are attacked; `eps` is in the features' own units."""

    kind: Literal["robustness"]
    attacks: tuple[Attack, ...] = Field(min_length=1, max_length=10)
    rows: int = Field(default=200, ge=1, le=10_000)
    seed: Seed = 0

    def measures(self) -> tuple[str, ...]:
        return ("clean_accuracy", "robust_accuracy")


class ExplanationSuite(Tabular):
    """`scorer` is scikit-learn's name; a threshold on `permutation_importance` bounds each feature's."""

    kind: Literal["explanation"]
    scorer: Name
    resamples: int = Field(default=100, ge=20, le=10_000)
    seed: Seed = 0
    partial_dependence: tuple[Name, ...] = Field(default=(), max_length=50)
    grid_points: int = Field(default=20, ge=2, le=200)

    def measures(self) -> tuple[str, ...]:
        return ("permutation_importance",)

    @model_validator(mode="after")
    def _of_features(self) -> Self:
        if strangers := set(self.partial_dependence) - set(self.features):
            raise ValueError(f"{sorted(strangers)} are not features")
        return self


class ArtifactScanSuite(Declared):
    """`unscanned_allowed` are file name patterns of what needs no scan, such as `*.md`."""

    kind: Literal["artifact_scan"]
    name: Name
    unscanned_allowed: tuple[Name, ...] = ()
    timeout_seconds: int = Field(default=300, ge=1, le=3600)


class PromptInjectionSuite(Gated):
    """`probes` are garak's, all of which must have run. `may_worsen_by` is how much higher than the previous version's
    a probe's hit rate may be."""

    kind: Literal["prompt_injection"]
    probes: tuple[Name, ...] = Field(min_length=1, max_length=500)
    may_worsen_by: Fraction = 0.0

    def measures(self) -> tuple[str, ...]:
        return ("hit_rate",)


class ImportSuite(Gated):
    """`proportions` says which metrics are fractions, and of how many cases: a number, or what that is logged as."""

    kind: Literal["import"]
    proportions: Mapping[Name, Annotated[int, Field(ge=1)] | Name] = Field(default_factory=dict)


Suite = Annotated[
    EvaluationSuite
    | FairnessSuite
    | RobustnessSuite
    | ExplanationSuite
    | ArtifactScanSuite
    | PromptInjectionSuite
    | ImportSuite,
    Field(discriminator="kind"),
]
_SUITE: TypeAdapter[Suite] = TypeAdapter(Suite)


def suite_schema() -> dict[str, JsonValue]:
    """The JSON Schema (2020-12) of a suite file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Tenure suite"} | _SUITE.json_schema()


def parse_suite(declared: object) -> Suite:
    """Raises SuiteRefused, naming each field that is wrong."""
    try:
        return _SUITE.validate_python(declared)
    except ValidationError as why:
        raise SuiteRefused(str(why)) from why


def read_suite(path: Path) -> Suite:
    """A YAML or JSON file's suite. Raises SuiteRefused."""
    if path.stat().st_size > MAX_SUITE_BYTES:
        raise SuiteRefused(f"{path} is over {MAX_SUITE_BYTES} bytes")
    yaml = load_tool("yaml", "evidence-evaluate")
    try:
        return parse_suite(yaml.safe_load(path.read_bytes()))  # JSON is YAML
    except yaml.YAMLError as why:
        raise SuiteRefused(f"{path}: {why}") from why
