"""Which model is tested, and are these its registered bytes?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tenure_evidence.errors import DataRefused, SuiteRefused, Untrusted
from tenure_evidence.installed import load_tool

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_ARTIFACT_BYTES = 2_147_483_648


class Model(Protocol):
    """A fitted estimator, as scikit-learn has it; `predict_proba`, `decision_function`, `classes_` are used if there"""

    def predict(self, inputs: pd.DataFrame, /) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A model in memory, and the digest of the artifact that it came from."""

    model: Model
    digest: str


def ask(answer: Callable[[pd.DataFrame], np.ndarray], inputs: pd.DataFrame) -> np.ndarray:
    """What a model's method answers. Raises SuiteRefused where it does not take such inputs."""
    try:
        return answer(inputs)
    except (ValueError, TypeError, KeyError) as why:
        raise SuiteRefused(f"the model does not take these features: {why}") from why


def load_subject(path: Path, *, trust: bool, expected_digest: str | None = None) -> Subject:
    """A model out of a pickle or joblib file.

    Loading a pickle runs whatever program its author put into it, so `trust` must be True; scan the artifact first.
    The digest is checked before anything is loaded, and is that of the very bytes that are.
    Raises Untrusted, DataRefused.
    """
    if not trust:
        raise Untrusted(path.name)
    if path.stat().st_size > MAX_ARTIFACT_BYTES:
        raise DataRefused(f"{path.name} is over {MAX_ARTIFACT_BYTES} bytes")
    content = path.read_bytes()
    digest = f"sha256:{sha256(content).hexdigest()}"
    if expected_digest not in (None, digest):
        raise DataRefused(f"{path.name} is {digest}, not {expected_digest}")
    model = load_tool("joblib", "evidence-evaluate").load(BytesIO(content))
    if not hasattr(model, "predict"):
        raise DataRefused(f"{path.name} holds a {type(model).__name__}, which can't predict")
    return Subject(model=model, digest=digest)
