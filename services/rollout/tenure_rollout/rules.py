"""The rules that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass

from tenure_decider import Invalid, Rejected, Unknown

from tenure_rollout.names import ModelVersion, ReleaseId, RolloutId


@dataclass(eq=False)
class VersionNotInProduction(Rejected):
    """Version {model_version} is in stage {stage}; only a version in production can be released."""

    model_version: ModelVersion
    stage: str | None


@dataclass(eq=False)
class ContextNotBound(Rejected):
    """The model is not bound to {unbound} in that revision."""

    unbound: tuple[str, ...]


@dataclass(eq=False)
class ReleaseIsFixed(Rejected):
    """Release {release} exists and is another tuple; give the new one a name of its own."""

    release: ReleaseId


@dataclass(eq=False)
class ReleaseUnknown(Unknown):
    """There is no release {release}."""

    release: ReleaseId


@dataclass(eq=False)
class RolloutUnknown(Unknown):
    """There is no rollout {rollout}."""

    rollout: RolloutId


@dataclass(eq=False)
class RolloutActive(Rejected):
    """Rollout {rollout} is under way; a deployment has one at a time."""

    rollout: RolloutId


@dataclass(eq=False)
class RolloutEnded(Rejected):
    """Rollout {rollout} has ended."""

    rollout: RolloutId


@dataclass(eq=False)
class AlreadyServing(Rejected):
    """Release {release} is the champion already."""

    release: ReleaseId


@dataclass(eq=False)
class StepsInvalid(Invalid):
    """Steps must grow from above 0 to exactly 100 percent, not {weights}."""

    weights: tuple[float, ...]


@dataclass(eq=False)
class JudgeInvalid(Invalid):
    """A judge needs a margin above 0, a confidence between 0.5 and 1, and a minimum n of 2 or more."""


@dataclass(eq=False)
class NothingToRollBackTo(Rejected):
    """No other release served before this one."""
