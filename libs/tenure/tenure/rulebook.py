"""Which rules say no, and how does each look to a caller? `python -m tenure.rulebook > docs/rules.md`."""

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tenure_decider import Decider, Rejected
from tenure_journal.void import NothingToVoid
from tenure_service.problems import STATUS

from tenure.services import all_definitions

HEAD = """\
# The rules that say no

Made out of the code by `python -m tenure.rulebook > docs/rules.md`. Each rejection is a class whose docstring is the
sentence below; the words in braces are its facts. A caller gets a problem (RFC 9457) with this `type` and `status`, the
sentence as `detail`, and each fact as a member of its own. A rule that means something else one day gets another name.

What is refused before a rule is asked is not here: a body that can't be read, or a token without the role, of which
`docs/access.md` tells.
"""
COLUMNS = "| rule | sentence | problem type | status |\n|---|---|---|---|\n"


def rules() -> dict[str, list[type[Rejected]]]:
    """By the kind of stream that they guard; those of one kind by name."""
    deciders = {kind: one for definition in all_definitions() for kind, one in definition.deciders.items()}
    return {kind: rules_of(decider) for kind, decider in deciders.items()} | {"any stream": [NothingToVoid]}


def rules_of(decider: Decider[Any, Any, Any]) -> list[type[Rejected]]:
    """Those that stand in the decider's own package, by name."""
    package = import_module(decider.decide.__module__).__package__ or ""
    found = [rule for rule in _below(Rejected) if f"{rule.__module__}.".startswith(f"{package}.")]
    return sorted(found, key=lambda rule: rule.__name__)


def _below(rule: type[Rejected]) -> Iterator[type[Rejected]]:
    for one in rule.__subclasses__():
        yield one
        yield from _below(one)


def page() -> str:
    sections = [f"\n## {kind}\n\n{COLUMNS}{''.join(map(row, found))}" for kind, found in rules().items() if found]
    return HEAD + "".join(sections)


def row(rule: type[Rejected]) -> str:
    sentence = " ".join((rule.__doc__ or "").split()).replace("|", "\\|")
    return f"| `{rule.__name__}` | {sentence} | `{rule.problem_type()}` | {STATUS[rule.kind]} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
