"""Does the page of rules say what the code refuses, each rule under a name of its own?"""

from collections import Counter
from string import Formatter

import pytest
from tenure.rulebook import page, rules
from tenure_decider import Rejected
from tenure_service.problems import respond

from tests.contract.deploy.linting import ROOT

RULES = [rule for found in rules().values() for rule in found]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


def test_the_page_is_what_the_code_makes() -> None:
    made = "run `python -m tenure.rulebook > docs/rules.md`"
    assert (ROOT / "docs/rules.md").read_text() == page(), made


def test_no_two_rules_have_one_problem_type() -> None:
    assert [name for name, times in Counter(rule.problem_type() for rule in RULES).items() if times > 1] == []


def test_every_service_that_decides_has_its_rules_on_the_page() -> None:
    services = {"registry", "context", "rollout", "monitor", "dispatch"}
    assert {kind.partition("/")[0] for kind in rules()} == {*services, "any stream"}
    assert len(RULES) > 80


@every_rule
def test_a_rule_is_a_sentence_whose_facts_it_has(rule: type[Rejected]) -> None:
    sentence = rule.__doc__ or ""
    named = {name.partition(".")[0] for _, name, _, _ in Formatter().parse(sentence) if name}
    assert sentence.rstrip().endswith(".")
    assert named <= set(getattr(rule, "__dataclass_fields__", {}))


@every_rule
def test_a_rules_problem_has_the_status_that_the_page_says(rule: type[Rejected]) -> None:
    facts = dict.fromkeys(getattr(rule, "__dataclass_fields__", {}), "x")
    [status] = [line.split("|")[-2].strip() for line in page().splitlines() if f"| `{rule.problem_type()}` |" in line]
    assert respond(rule(**facts)).status_code == int(status)
