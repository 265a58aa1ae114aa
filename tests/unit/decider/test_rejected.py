"""How does a rejection read?"""

from dataclasses import dataclass

from tenure_decider import Rejected


@dataclass(eq=False)
class ArmsUnknown(Rejected):
    """There are no arms {arms}; {known} is."""

    arms: tuple[str, ...]
    known: str


def test_several_facts_read_as_a_list() -> None:
    assert str(ArmsUnknown(("b", "c"), "a")) == "There are no arms b, c; a is."


def test_a_fact_stays_as_it_was_for_machines() -> None:
    assert ArmsUnknown(("b", "c"), "a").facts() == {"arms": ("b", "c"), "known": "a"}
