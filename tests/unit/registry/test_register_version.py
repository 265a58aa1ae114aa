"""How does a version get its name?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ArtifactIsFixed, ConfigurationMissing, ModelUnknown, RegistrationIsFixed

from tests.unit.registry.story import BYTES, OTHER_BYTES, V1, created, register, registered, retired
from tests.unit.registry.story_catalogue import hosted, register_hosted, registered_hosted


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


def test_a_vendors_model_is_registered_by_its_configuration() -> None:
    given(model_decider, created).when(register_hosted).then(registered_hosted)


def test_a_hosted_version_needs_its_configuration() -> None:
    given(model_decider, created).when(replace(register_hosted, hosted=None)).then_rejected(ConfigurationMissing)


def test_an_artifact_has_no_configuration() -> None:
    given(model_decider, created).when(replace(register, hosted=hosted)).then_rejected(ConfigurationMissing)


def test_another_configuration_under_the_same_digest_is_refused() -> None:
    other = replace(register_hosted, hosted=replace(hosted, parameters={"top_p": "1.0"}))
    given(model_decider, created, registered_hosted).when(other).then_rejected(
        RegistrationIsFixed, model_version=V1, field="hosted"
    )


def test_a_job_that_registers_what_was_retired_since_changes_nothing() -> None:
    given(model_decider, created, registered, retired).when(register).then_nothing()
