"""Would the simulation notice if a rule of DESIGN 3 were missing?"""

import pytest

from tests.simulation.campaign import first_broken
from tests.simulation.mutants import MUTANTS

ENOUGH_SEEDS = 1_500


@pytest.mark.parametrize("rule", MUTANTS)
def test_the_simulation_goes_red_without_the_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_broken(range(ENOUGH_SEEDS), MUTANTS[rule](monkeypatch)) is not None
