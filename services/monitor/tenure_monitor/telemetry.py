"""What do producers tell of predictions and outcomes?"""

from datetime import datetime

import msgspec

MOST_RECORDS = 5_000


class Prediction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One served prediction with the stamps it was served under. `score` is a probability."""

    request_id: str
    model: str
    environment: str
    release: str
    model_version: str
    route_epoch: int
    entity: str
    score: float
    context_age_seconds: float | None
    predicted_at: datetime


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it, whenever that is known. `label` is 0 or 1."""

    request_id: str
    model: str
    label: float
    occurred_at: datetime


read_prediction = msgspec.json.Decoder(Prediction).decode
read_outcome = msgspec.json.Decoder(Outcome).decode
read_predictions = msgspec.json.Decoder(list[Prediction]).decode
read_outcomes = msgspec.json.Decoder(list[Outcome]).decode
write = msgspec.json.Encoder().encode
