"""Is the rule book whole?"""

import re
from pathlib import Path

import pytest
from tenure.rulebook import rules_of
from tenure_registry.app import DECIDERS

TESTS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
TOLD = set(re.findall(r"then_rejected\(\s*(\w+)", TESTS))
RULES = [(kind, rule.__name__) for kind, decider in DECIDERS.items() for rule in rules_of(decider)]


@pytest.mark.parametrize(("kind", "rule"), RULES)
def test_every_rule_says_no_in_one_of_these_tests(kind: str, rule: str) -> None:
    assert rule in TOLD


def test_each_kind_of_stream_has_a_rule_that_says_no() -> None:
    assert {kind for kind, _ in RULES} == set(DECIDERS)
