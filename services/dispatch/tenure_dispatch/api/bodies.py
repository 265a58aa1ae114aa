"""What do requests and answers of dispatch hold?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from tenure_service import Body, Instant, Name

NO_NUL = r"^[^\x00]*$"
Pattern = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00*]*\*?$")]
Patterns = Annotated[tuple[Pattern, ...], Field(max_length=50)]
Why = Annotated[str, Field(min_length=1, max_length=2_000, pattern=NO_NUL)]
Url = Annotated[str, Field(min_length=1, max_length=2_000, pattern=NO_NUL)]
Offset = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Vector = dict[str, Offset]
From = Literal["beginning", "now"] | Instant | Vector
MOST_GRACE_SECONDS = 30 * 86_400


class NewSubscription(Body):
    """`start`: `beginning`, `now`, an instant, or an offset vector of the lifecycle topics."""

    subscription: Name
    url: Url
    types: Patterns = ()
    streams: Patterns = ()
    start: From = "now"


class NewPause(Body):
    reason: Why


class NewSecret(Body):
    """For `grace_seconds` the secret before signs as well."""

    grace_seconds: Annotated[int, Field(ge=0, le=MOST_GRACE_SECONDS)] = 86_400


class NewReplay(Body):
    start: From


class NewRedelivery(Body):
    """Events by id; without them all that were given up."""

    events: (
        Annotated[tuple[Annotated[str, Field(max_length=100, pattern=NO_NUL)], ...], Field(max_length=1_000)] | None
    ) = None


class ChangedBody(Body):
    """`secret` is shown to who made it; the same command, sent again, shows it again."""

    subscription: str
    revision: int
    changed: bool
    secret: str | None


class Failing(Body):
    """What stands in the way of one partition."""

    partition: str
    offset: int
    attempts: int
    since: datetime | None
    again_at: datetime | None
    failure: str | None


class SubscriptionBody(Body):
    """`behind_records`: what of the log was not looked at yet, for it. `offsets`: where it goes on.

    `trouble`: why the replica that answers can't deliver to it at all, where it is its task.
    """

    subscription: str
    url: str
    types: list[str]
    streams: list[str]
    status: Literal["active", "paused", "gone"]
    reason: str | None
    trouble: str | None
    signs_until: datetime | None
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    behind_records: int
    dead_letters: int
    failing: list[Failing]
    offsets: Vector


class SubscriptionPage(Body):
    items: list[SubscriptionBody]
    next: str | None


class DeadLetter(Body):
    event: str
    type: str
    stream: str
    sequence: int
    topic: str
    partition: int
    offset: int
    attempts: int
    failing_since: datetime
    died_at: datetime
    failure: str
    redeliver: bool


class DeadLetterPage(Body):
    items: list[DeadLetter]
    next: str | None


class Change(Body):
    action: str
    revision: int
    changed_by: str
    changed_at: datetime
    reason: str | None


class Changes(Body):
    items: list[Change]


class TestOutcome(Body):
    """What became of a delivery that was only a test."""

    delivered: bool
    event: str
    status: int | None
    failure: str | None
    seconds: float
