"""How often is a model still right when an adversary may change its inputs a little?

Attacks are those of the Adversarial Robustness Toolbox. A row counts as robust only if the model was right on it and
every declared attack failed, so the figure is an upper bound: a better attack may break more.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Protocol, assert_never, runtime_checkable

from tenure_evidence.data import DataSet
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.installed import load_tool, release
from tenure_evidence.intervals import of_proportion
from tenure_evidence.measures import Metric
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Subject, ask
from tenure_evidence.suites import Attack, FastGradient, HopSkipJump, RobustnessSuite
from tenure_evidence.verdicts import findings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TOOL = "adversarial-robustness-toolbox"
EXTRA = "evidence-robustness"
ROUNDING = 1e-5  # of float32, in which the toolbox computes


@runtime_checkable
class Classifier(Protocol):
    """Attacks need probabilities, and the classes that these are of."""

    classes_: np.ndarray

    def predict_proba(self, inputs: pd.DataFrame, /) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A classifier as attacks see it: rows of floats in, probabilities out, one column for each class."""

    model: Classifier
    features: list[str]
    clip_values: tuple[np.ndarray, np.ndarray]

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        return ask(self.model.predict_proba, load_tool("pandas", EXTRA).DataFrame(rows, columns=self.features))

    def predicted(self, rows: np.ndarray) -> np.ndarray:
        """Indices into the model's classes."""
        found: np.ndarray = self.probabilities(rows).argmax(axis=1)
        return found


def run(suite: RobustnessSuite, subject: Subject, data: DataSet) -> Report:
    """Attacks at most `suite.rows` rows. Raises SuiteRefused where an attack can't be made on this model."""
    target = _target(suite, subject, data)
    rows, classes = _sample(suite, target, data)
    clean = target.predicted(rows) == classes
    withstood = {_label(attack): clean & _withstood(attack, target, rows, classes, suite) for attack in suite.attacks}
    robust = load_tool("numpy", EXTRA).logical_and.reduce(list(withstood.values()))
    slices = {label: _share("robust_accuracy", right, suite) for label, right in withstood.items()}
    metrics = _share("clean_accuracy", clean, suite), replace(_share("robust_accuracy", robust, suite), slices=slices)
    return Report(
        kind="robustness",
        tool=TOOL,
        tool_release=release(TOOL),
        subject_digest=subject.digest,
        metrics=metrics,
        parts=findings(metrics, suite.thresholds, suite.rigour),
        settings=suite.settings() | {"data_digest": data.digest, "scikit_learn_release": release("scikit-learn")},
    )


def _target(suite: RobustnessSuite, subject: Subject, data: DataSet) -> Target:
    if not isinstance(subject.model, Classifier):
        raise SuiteRefused(f"a {type(subject.model).__name__} has no predict_proba and classes_, which attacks need")
    table = _floats(suite, data)
    # An attack may not leave the range that the data shows: what can't occur shows nothing.
    return Target(
        model=subject.model, features=list(suite.features), clip_values=(table.min(axis=0), table.max(axis=0))
    )


def _floats(suite: RobustnessSuite, data: DataSet) -> np.ndarray:
    try:
        found: np.ndarray = data.frame[list(suite.features)].to_numpy(dtype="float32")
    except ValueError as why:
        raise SuiteRefused(f"attacks change numbers, and a feature is none: {why}") from why
    return found


def _sample(suite: RobustnessSuite, target: Target, data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    """The rows to attack and their true classes, as indices into the model's."""
    numpy, known = load_tool("numpy", EXTRA), list(target.model.classes_)
    truth = data.frame[suite.target].to_numpy()
    if strangers := set(truth) - set(known):
        raise SuiteRefused(f"the model knows the classes {known}, not {sorted(map(str, strangers))}")
    chosen = numpy.random.default_rng(suite.seed).permutation(len(truth))[: suite.rows]
    return _floats(suite, data)[chosen], numpy.array([known.index(label) for label in truth[chosen]])


def _withstood(
    attack: Attack, target: Target, rows: np.ndarray, classes: np.ndarray, suite: RobustnessSuite
) -> np.ndarray:
    """Which rows the model still gets right. A change larger than `eps` is not the adversary's to make."""
    numpy = load_tool("numpy", EXTRA)
    with _seeded(suite.seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the attacks drop the features' names, of which scikit-learn warns each time
        changed = _attacked(attack, target, rows, classes)
    size = numpy.linalg.norm(changed - rows, ord=_order(attack), axis=1)
    within = size <= attack.eps * (1 + ROUNDING)
    found: np.ndarray = ~within | (target.predicted(changed) == classes)
    return found


def _attacked(attack: Attack, target: Target, rows: np.ndarray, classes: np.ndarray) -> np.ndarray:
    match attack:
        case FastGradient():
            return _fast_gradient(attack, target, rows, classes)
        case HopSkipJump():
            return _hop_skip_jump(attack, target, rows)
        case _ as never:
            assert_never(never)


def _fast_gradient(attack: FastGradient, target: Target, rows: np.ndarray, classes: np.ndarray) -> np.ndarray:
    evasion, art = load_tool("art.attacks.evasion", EXTRA), load_tool("art.estimators.classification", EXTRA)
    try:
        estimator = art.SklearnClassifier(target.model, clip_values=target.clip_values)
        method = evasion.FastGradientMethod(estimator, norm=_order(attack), eps=attack.eps)
    except (TypeError, load_tool("art.exceptions", EXTRA).EstimatorError) as why:
        kind = type(target.model).__name__
        raise SuiteRefused(f"fast_gradient needs gradients, which a {kind} does not give: use hop_skip_jump") from why
    changed: np.ndarray = method.generate(rows, classes)
    return changed


def _hop_skip_jump(attack: HopSkipJump, target: Target, rows: np.ndarray) -> np.ndarray:
    evasion, art = load_tool("art.attacks.evasion", EXTRA), load_tool("art.estimators.classification", EXTRA)
    count = len(target.model.classes_)
    box = art.BlackBoxClassifier(target.probabilities, rows.shape[1:], count, clip_values=target.clip_values)
    method = evasion.HopSkipJump(
        box, norm=_order(attack), max_iter=attack.iterations, max_eval=attack.queries, init_eval=10, verbose=False
    )
    changed: np.ndarray = method.generate(rows, x_adv_init=_nearest_of_another_class(rows, target.predicted(rows)))
    return changed


def _nearest_of_another_class(rows: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Where to start for each row. Left to itself the attack draws a start from a generator that can't be seeded."""
    numpy = load_tool("numpy", EXTRA)
    if len(set(predicted)) < 2:
        raise SuiteRefused("the model gives every row the same class, which leaves hop_skip_jump nowhere to start")
    starts: np.ndarray = numpy.empty_like(rows)
    for place, row in enumerate(rows):
        others = rows[predicted != predicted[place]]
        starts[place] = others[numpy.linalg.norm(others - row, axis=1).argmin()]
    return starts


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The attacks draw from numpy's global generator, which is put back afterwards."""
    random = load_tool("numpy", EXTRA).random
    before = random.get_state()
    random.seed(seed)
    try:
        yield
    finally:
        random.set_state(before)


def _order(attack: Attack) -> float:
    return inf if attack.norm == "inf" else 2


def _label(attack: Attack) -> str:
    return f"{attack.attack}, eps={attack.eps:g}, norm={attack.norm}"


def _share(name: str, right: np.ndarray, suite: RobustnessSuite) -> Metric:
    hits, n = int(right.sum()), len(right)
    return Metric(name=name, value=hits / n, n=n, interval=of_proportion(hits, n, suite.rigour.confidence))
