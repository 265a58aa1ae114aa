"""When is nothing of a model destroyed?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ModelUnknown, NotOnHold, ReasonRequired

from tests.unit.registry.story import created
from tests.unit.registry.story_endings import lift_hold, lifted, on_hold, place_hold


def test_a_hold_is_placed() -> None:
    given(model_decider, created).when(place_hold).then(on_hold)


def test_placing_it_again_changes_nothing() -> None:
    given(model_decider, created, on_hold).when(place_hold).then_nothing()


def test_a_hold_for_another_reason_takes_its_place() -> None:
    given(model_decider, created, on_hold).when(replace(place_hold, reason="another suit")).then(
        replace(on_hold, reason="another suit")
    )


def test_a_hold_says_why() -> None:
    given(model_decider, created).when(replace(place_hold, reason=" ")).then_rejected(ReasonRequired)


def test_a_model_that_is_not_there_is_not_held() -> None:
    given(model_decider).when(place_hold).then_rejected(ModelUnknown)


def test_a_hold_is_lifted() -> None:
    given(model_decider, created, on_hold).when(lift_hold).then(lifted)


def test_lifting_says_why() -> None:
    given(model_decider, created, on_hold).when(replace(lift_hold, reason="")).then_rejected(ReasonRequired)


def test_what_was_lifted_is_not_lifted_again() -> None:
    given(model_decider, created, on_hold, lifted).when(lift_hold).then_rejected(NotOnHold)


def test_what_was_never_held_is_not_lifted() -> None:
    given(model_decider, created).when(lift_hold).then_rejected(NotOnHold)
