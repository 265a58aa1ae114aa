"""Can what was declared judge a rollout? What can't is refused before anything moves."""

from collections.abc import Collection, Mapping
from math import isclose, isfinite

from tenure_rollout.deployment.rules import (
    JudgeInvalid,
    MetricNotMonitored,
    MetricUnbounded,
    SharesOfAlphaInvalid,
)
from tenure_rollout.judging.declared import JudgeDeclared, configured
from tenure_rollout.judging.metrics import DeclarationInvalid, JudgeConfiguration, demand_judgeable
from tenure_rollout.judging.statistics import Moments


def judge_of(declared: JudgeDeclared, monitored: Collection[str], past: Mapping[str, Moments]) -> JudgeConfiguration:
    """The whole configuration, by which the rollout is judged to its end. Raises a rule by name."""
    for metric in declared.metrics:
        if metric.bounds is None:
            raise MetricUnbounded(metric.name)
    configuration = configured(declared, past)
    _demand_shares(configuration)
    try:
        demand_judgeable(configuration)
    except DeclarationInvalid as wrong:
        raise JudgeInvalid(str(wrong)) from None
    if unknown := tuple(each.name for each in declared.metrics if each.name not in monitored):
        raise MetricNotMonitored(unknown, tuple(sorted(monitored)))
    return configuration


def _demand_shares(configuration: JudgeConfiguration) -> None:
    whole = sum(each.weight for each in configuration.metrics)
    if configuration.metrics and not (isfinite(whole) and isclose(whole, 1.0, abs_tol=1e-6)):
        raise SharesOfAlphaInvalid(whole)
