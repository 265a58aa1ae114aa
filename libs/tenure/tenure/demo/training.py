"""How is a version trained, out of nothing but a pinned snapshot and the flights?"""

import io
from collections.abc import Sequence
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
from tenure_codec.ranges import RangeDigest
from tenure_eventlog import EventLog, Partition, Record

from tenure.demo.flights import WEATHER_FIELDS

FEATURES = {
    "1": ("hour", "wind_speed", "visib"),
    "2": ("hour", "distance", "wind_speed", "visib", "precip", "temp", "humid"),
    "3": ("hour", "distance", "wind_speed", "visib", "precip", "temp", "humid", "pressure"),
}
BOOTSTRAPS = 200


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
    rows = [orjson.loads(record.value or b"{}")["after"] for record in records]
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
    classifier = HistGradientBoostingClassifier(max_iter=60, random_state=7, early_stopping=False)
    classifier.fit(rows[list(features)], rows.label)
    artifact = io.BytesIO()
    joblib.dump(classifier, artifact)
    return Trained(features, classifier, f"sha256:{sha256(artifact.getvalue()).hexdigest()}")


def evaluate(trained: Trained, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The Brier score over all rows and for each carrier, with a bootstrap interval of 95 percent."""
    losses = pd.Series((trained.scores(rows) - rows.label.to_numpy()) ** 2, index=rows.carrier.to_numpy())
    slices: list[tuple[str | None, np.ndarray]] = [(None, losses.to_numpy())]
    slices += [(str(carrier), found.to_numpy()) for carrier, found in losses.groupby(level=0)]
    return [_metric(name, values) for name, values in slices]


def _metric(name: str | None, values: np.ndarray) -> dict[str, Any]:
    low, high = _interval(values)
    return {"name": "brier", "value": float(values.mean()), "slice": name, "n": len(values), "low": low, "high": high}


def _interval(values: np.ndarray) -> Sequence[float]:
    draw = np.random.default_rng(7)
    sample = values if len(values) <= 5_000 else draw.choice(values, 5_000, replace=False)
    means = [draw.choice(sample, len(sample)).mean() for _ in range(BOOTSTRAPS)]
    return [float(bound) for bound in np.quantile(means, [0.025, 0.975])]
