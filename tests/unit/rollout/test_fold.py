"""What does a deployment's fold say of an event about something that is not there, as in a past to which it is late?"""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from tenure_rollout.deployment.decider import evolve
from tenure_rollout.deployment.fold import demand_there
from tenure_rollout.deployment.state import DeploymentState

from tests.unit.rollout.story import canary, created, entered, first_entered, first_promoted, paused, second, started


@pytest.mark.parametrize("event", [entered, paused, started, first_promoted])
def test_nothing_happens_to_a_rollout_or_with_a_release_that_is_not_there(event: Any) -> None:
    with pytest.raises(LookupError):
        demand_there(DeploymentState(), event)


def test_a_step_of_another_rollout_does_not_move_the_one_under_way() -> None:
    under_way = reduce(evolve, canary, DeploymentState())
    with pytest.raises(LookupError):
        demand_there(under_way, first_entered)
    demand_there(under_way, entered)


def test_what_is_about_something_that_is_there_passes() -> None:
    state = DeploymentState()
    for event in (*canary, entered, paused):
        demand_there(state, event)
        state = evolve(state, event)
    demand_there(replace(state, active=None), second)
    demand_there(DeploymentState(), created)
