"""What do producers tell of predictions and outcomes?"""

from datetime import datetime
from typing import Annotated

import msgspec

MOST_RECORDS, MOST_REQUEST_BYTES = 5_000, 16_384
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)

# Postgres holds no NUL in a text.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
Length = Annotated[float, msgspec.Meta(ge=0)]
# A stable id of the calling application, as the registry names consumers; no e-mail address would fit.
Consumer = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Prediction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One served prediction with the stamps it was served under. `score` is a probability, which what failed lacks.

    `consumer` is the application that asked, never a person. `context_limit_seconds` is the age that the SLA allows.
    A mirrored request keeps its id, and its answer was thrown away. `request`: what was asked, so that another release
    can be asked it too; nothing personal, since telemetry is not sealed.
    """

    request_id: Text
    model: Text
    environment: Text
    release: Text
    model_version: Text
    route_epoch: int
    entity: Text
    score: Probability | None = None
    context_age_seconds: float | None
    context_limit_seconds: Length | None = None
    predicted_at: Instant
    consumer: Consumer | None = None
    latency_ms: Length | None = None
    failed: bool = False
    mirror: bool = False
    request: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        """A window must have a place in any time zone, which the first and last years have not."""
        if self.score is None and not self.failed:
            raise ValueError("a prediction has a score, unless it failed")
        if not 1970 <= self.predicted_at.year < 3_000:
            raise ValueError(f"predicted_at is in the year {self.predicted_at.year}")
        if self.request is not msgspec.UNSET and len(bytes(self.request)) > MOST_REQUEST_BYTES:
            raise ValueError(f"request has over {MOST_REQUEST_BYTES} bytes")


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it, whenever that is known. `label` is 0 or 1."""

    request_id: Text
    model: Text
    label: Probability
    occurred_at: Instant


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a window's observations were at or below each edge; windows of the same edges add up."""

    edges: tuple[float, ...]
    at_or_below: tuple[int, ...]


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One metric of one release over one window, as sufficient statistics; of several revisions the highest counts.

    Of pairs, `against` is the release whose answer the caller got. A histogram where quantiles can be asked for.
    """

    model: str
    release: str
    metric: str
    window_start: Instant
    window_seconds: int
    n: int
    sum: float
    sum_of_squares: float
    revision: int
    against: str = ""
    histogram: Counts | None = None


read_prediction = msgspec.json.Decoder(Prediction).decode
read_outcome = msgspec.json.Decoder(Outcome).decode
read_predictions = msgspec.json.Decoder(list[Prediction]).decode
read_outcomes = msgspec.json.Decoder(list[Outcome]).decode
write = msgspec.json.Encoder().encode
