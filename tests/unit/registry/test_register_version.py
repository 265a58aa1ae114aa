"""How does a version get its name?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ArtifactIsFixed, ModelUnknown, RegistrationIsFixed

from tests.unit.registry.story import BYTES, OTHER_BYTES, V1, created, register, registered


def test_a_version_is_registered() -> None:
    given(model_decider, created).when(register).then(registered)


def test_a_ci_job_that_runs_twice_registers_once() -> None:
    given(model_decider, created, registered).when(register).then_nothing()


def test_a_versions_artifact_never_changes_under_its_name() -> None:
    given(model_decider, created, registered).when(replace(register, artifact_digest=OTHER_BYTES)).then_rejected(
        ArtifactIsFixed, model_version=V1, registered=BYTES, offered=OTHER_BYTES
    )


def test_a_version_needs_its_model() -> None:
    given(model_decider).when(register).then_rejected(ModelUnknown)


def test_what_a_version_was_registered_with_never_changes_under_its_name() -> None:
    given(model_decider, created, registered).when(replace(register, features=("visibility",))).then_rejected(
        RegistrationIsFixed, model_version=V1, field="features"
    )
