"""Is a suite read as it was meant, and refused where it can't have been meant?"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tenure_evidence import parse_suite, read_suite, suite_schema
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.suites import MAX_SUITE_BYTES, EvaluationSuite, OwnScorer

YAML = """
kind: evaluation
name: delay gates
data: {path: holdout.parquet}
target: delayed
features: [hour, distance]
task: classification
scorers:
  - accuracy
  - {name: cost, callable: "shop.costs:expected_cost"}
slices: [carrier, [carrier, origin]]
rigour: {minimum_n: 100, confidence: 0.99}
thresholds:
  - {metric: accuracy, at_least: 0.8}
  - {metric: "accuracy[carrier=AA]", at_least: 0.7}
  - {metric: cost, at_most: 3, each_slice: false}
"""
TABLE = {"name": "gates", "data": {"path": "x.csv"}, "target": "y", "features": ["a"]}
EVERY_KIND: list[dict[str, Any]] = [
    TABLE | {"kind": "evaluation", "task": "regression", "scorers": ["r2"]},
    TABLE | {"kind": "fairness", "sensitive": ["group"]},
    TABLE | {"kind": "robustness", "attacks": [{"attack": "fast_gradient", "eps": 0.1}]},
    TABLE | {"kind": "explanation", "scorer": "r2", "partial_dependence": ["a"]},
    {"kind": "artifact_scan", "name": "scan"},
    {"kind": "prompt_injection", "name": "injection", "probes": ["promptinject.HijackHateHumans"]},
    {"kind": "import", "name": "tracker", "proportions": {"accuracy": "test_rows", "recall": 200}},
]
PUBLISHED = Path(__file__).parents[3] / "libs/evidence/tenure_evidence/suite.schema.json"


def declared(kind: str, **changes: Any) -> dict[str, Any]:
    return next(suite for suite in EVERY_KIND if suite["kind"] == kind) | changes


def test_a_yaml_suite_says_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text(YAML)
    suite = read_suite(tmp_path / "gates.yaml")
    assert isinstance(suite, EvaluationSuite)
    assert suite.slices == (("carrier",), ("carrier", "origin"))
    assert suite.scorers == ("accuracy", OwnScorer(name="cost", callable="shop.costs:expected_cost"))
    assert suite.columns() == {"delayed", "hour", "distance", "carrier", "origin"}
    assert (suite.rigour.minimum_n, suite.rigour.confidence) == (100, 0.99)
    assert [str(threshold) for threshold in suite.thresholds] == [">= 0.8", ">= 0.7", "<= 3"]


@pytest.mark.parametrize("suite", EVERY_KIND, ids=lambda suite: suite["kind"])
def test_every_kind_of_suite_is_read_from_json_and_fits_the_published_schema(suite: Any, tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    assert read_suite(tmp_path / "suite.json") == parse_suite(suite)
    jsonschema.validate(suite, suite_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("suite", EVERY_KIND, ids=lambda suite: suite["kind"])
def test_a_suite_that_went_into_a_report_is_the_same_suite_again(suite: Any) -> None:
    parsed = parse_suite(suite)
    assert parse_suite(json.loads(parsed.model_dump_json())) == parsed


def test_the_published_schema_is_the_one_that_the_code_has() -> None:
    """Written by `python -m tenure_evidence > libs/evidence/tenure_evidence/suite.schema.json`."""
    assert json.loads(PUBLISHED.read_text()) == suite_schema()


@pytest.mark.parametrize(
    ("suite", "says"),
    [
        ({}, "kind"),
        ({"kind": "horoscope"}, "horoscope"),
        (declared("evaluation", colour="red"), "colour"),
        (declared("evaluation", thresholds=[{"metric": "accuracy", "at_least": 0.8}]), "nothing here measures"),
        (declared("evaluation", thresholds=[{"metric": "r2"}]), "either at_least or at_most"),
        (declared("evaluation", rigour={"minimum_n": 0}), "minimum_n"),
        (declared("evaluation", rigour={"confidence": 95}), "confidence"),
        (declared("evaluation", scorers=[{"name": "x", "callable": "os.system('rm')"}]), "callable"),
        (declared("evaluation", scorers=["r2", {"name": "r2", "callable": "own:r2"}]), "the same name"),
        (declared("evaluation", bootstrap={"resamples": 10}), "resamples"),
        (declared("evaluation", data={"path": "x.csv", "digest": "md5:1"}), "digest"),
        (declared("explanation", partial_dependence=["b"]), "are not features"),
        (declared("robustness", attacks=[{"attack": "fast_gradient", "eps": 0}]), "eps"),
        (declared("prompt_injection", probes=[]), "probes"),
    ],
)
def test_a_suite_that_cannot_be_meant_is_refused_by_its_field(suite: object, says: str) -> None:
    with pytest.raises(SuiteRefused, match=says):
        parse_suite(suite)


@pytest.mark.parametrize("content", [": :", "kind: [", "!!python/object/apply:os.system ['true']"])
def test_what_is_no_yaml_or_more_than_data_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text(content)
    with pytest.raises(SuiteRefused):
        read_suite(tmp_path / "gates.yaml")


def test_a_suite_has_a_largest_size(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_bytes(b"#" * (MAX_SUITE_BYTES + 1))
    with pytest.raises(SuiteRefused, match="over"):
        read_suite(tmp_path / "gates.yaml")
