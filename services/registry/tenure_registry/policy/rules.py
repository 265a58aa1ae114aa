"""Which policies are refused?"""

from dataclasses import dataclass

from tenure_decider import Invalid


@dataclass(eq=False)
class PolicyInheritsItself(Invalid):
    """This policy would inherit from itself, by way of {circle}."""

    circle: tuple[str, ...]


@dataclass(eq=False)
class ParentUnknown(Invalid):
    """There is no policy {extends} to inherit from."""

    extends: str


@dataclass(eq=False)
class MetricNotReported(Invalid):
    """Requirement {requirement} names the metric {metric}, which no tool reports; list it under `metrics`."""

    requirement: str
    metric: str


@dataclass(eq=False)
class LimitMissing(Invalid):
    """Requirement {requirement} names a metric and no limit, or a limit and no metric."""

    requirement: str


@dataclass(eq=False)
class NamedTwice(Invalid):
    """{name} is there twice in one document."""

    name: str


@dataclass(eq=False)
class OverrideUndeclared(Invalid):
    """{path} changes what is inherited: name it in `overrides`, so that nobody changes it unawares."""

    path: str


@dataclass(eq=False)
class NothingOverridden(Invalid):
    """`overrides` names {path}, which changes nothing that is inherited."""

    path: str


@dataclass(eq=False)
class WaiverWithoutRule(Invalid):
    """Requirement {requirement} is waived, but nothing is inherited there under that name."""

    requirement: str


@dataclass(eq=False)
class ProductionMissing(Invalid):
    """Neither this policy nor what it inherits says how a version enters production."""


@dataclass(eq=False)
class StageHasItsOwnWay(Invalid):
    """{stage} is entered by its own command, not by a policy's transition."""

    stage: str


@dataclass(eq=False)
class WayFromNowhere(Invalid):
    """{stage} is entered after {after}, but no transition leads into {after}."""

    stage: str
    after: str


@dataclass(eq=False)
class TierUnknown(Invalid):
    """Requirement {requirement} is for the risk tier {tier}, which is not among the policy's."""

    requirement: str
    tier: str
