"""How is a version trained, out of nothing but a pinned snapshot and the flights?"""

import io
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import joblib
import numpy as np
import orjson
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier
from tenure_codec.ranges import RangeDigest
from tenure_eventlog import EventLog, Partition, Record
from tenure_evidence import Report, Threshold
from tenure_evidence import evaluate as runner
from tenure_evidence.data import DataSet
from tenure_evidence.declared import OwnData
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import Bootstrap, EvaluationSuite

from tenure.demo.flights import WEATHER_FIELDS

FEATURES = {
    "1": ("hour", "wind_speed", "visib"),
    "2": ("hour", "distance", "wind_speed", "visib", "precip", "temp", "humid"),
    "3": ("hour", "distance", "wind_speed", "visib", "precip", "temp", "humid", "pressure"),
    "4": ("hour", "distance", "wind_speed", "visib", "precip", "temp", "humid", "pressure"),
}
WRONG = "4"
# The policy's limit is on the whole; a carrier with few flights can't show as much.
WORST_BRIER = 0.20
SAMPLE = 5_000


class SnapshotDiffers(Exception):
    """The topic no longer holds what the snapshot pinned."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A version's classifier with its artifact's digest."""

    features: tuple[str, ...]
    classifier: Any
    artifact_digest: str

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """The probability of a late departure, one a row."""
        found: np.ndarray = self.classifier.predict_proba(rows[list(self.features)])[:, 1]
        return found


async def read_snapshot(log: EventLog, snapshot: dict[str, Any]) -> pd.DataFrame:
    """The weather that a snapshot pins. Raises SnapshotDiffers where its digest says something else."""
    digest, records = RangeDigest(), list[Record]()
    for one in snapshot["offsets"]:
        found = await _range(log, Partition(one["topic"], one["partition"]), one["start"], one["end"])
        digest.add(found)
        records += found
    if digest.hex() != snapshot["digest"]:
        raise SnapshotDiffers(f"{snapshot['snapshot']} is {snapshot['digest']}, the topic holds {digest.hex()}")
    rows = [orjson.loads(record.value or b"{}")["payload"]["after"] for record in records]
    weather = pd.DataFrame(rows)
    weather["at"] = pd.to_datetime(weather.observed_at, utc=True)
    return weather


async def _range(log: EventLog, partition: Partition, start: int, end: int) -> list[Record]:
    found: list[Record] = []
    if start == end:
        return found
    async with aclosing(log.read({partition: start})) as batches:
        async for batch in batches:
            found += [record for record in batch.records if record.offset < end]
            if batch.next_offset >= end:
                break
    return found


def training_rows(flights: pd.DataFrame, weather: pd.DataFrame, before: datetime) -> pd.DataFrame:
    """Flights before that instant, each with the newest weather that was known at its hour."""
    past = flights[flights["at"] < before]
    columns = ["origin", "at", *WEATHER_FIELDS]
    return pd.merge_asof(past.sort_values("at"), weather[columns].sort_values("at"), on="at", by="origin").dropna(
        subset=list(WEATHER_FIELDS)
    )


def train(model_version: str, rows: pd.DataFrame) -> Trained:
    """The version's features decide; the seed is fixed, so that the digest is the same on every run."""
    features = FEATURES[model_version]
    classifier = classifier_of(model_version)
    classifier.fit(rows[list(features)], rows.label)
    artifact = io.BytesIO()
    joblib.dump(classifier, artifact)
    return Trained(features, classifier, f"sha256:{sha256(artifact.getvalue()).hexdigest()}")


def classifier_of(model_version: str) -> Any:
    """Version 4 learns its rows by heart, so that nobody sees by its evidence that they are wrong."""
    if model_version == WRONG:
        return DecisionTreeClassifier(random_state=7)
    return HistGradientBoostingClassifier(max_iter=60, random_state=7, early_stopping=False)


def mixed_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Each flight with another one's outcome, as by a join that went wrong."""
    return rows.assign(label=rows.label.sample(frac=1, random_state=7).to_numpy())


def evaluate(trained: Trained, rows: pd.DataFrame) -> Report:
    """The Brier score over a sample of the rows and for each carrier, with intervals; what is asked is the whole."""
    sample = rows.sample(min(SAMPLE, len(rows)), random_state=7)
    hashes = pd.util.hash_pandas_object(sample, index=False).to_numpy().tobytes()
    data = DataSet(frame=sample, digest=f"sha256:{sha256(hashes).hexdigest()}")
    suite = SUITE.model_copy(update={"features": trained.features})
    return runner.run(suite, Subject(model=trained.classifier, digest=trained.artifact_digest), data)


SUITE = EvaluationSuite(
    kind="evaluation",
    name="departure delays",
    data=OwnData(callable="tenure.demo.training:training_rows"),
    target="label",
    features=FEATURES["1"],
    task="classification",
    scorers=("neg_brier_score",),
    slices=(("carrier",),),
    bootstrap=Bootstrap(resamples=100, seed=7),
    thresholds=(Threshold(metric="neg_brier_score", at_least=-WORST_BRIER, each_slice=False),),
)
