"""What does a service need to be told?"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from tenure_journal import Clock, SteppedClock, WallClock


class ServiceSettings(BaseSettings):
    """Read from TENURE_* in the environment, once, at start. `requests_per_second` is for each principal."""

    model_config = SettingsConfigDict(env_prefix="TENURE_", frozen=True)

    log: str = "embedded:.tenure"
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8600
    instance: str = "0"
    tokens: Path = Path(".tenure/tokens.json")
    clock: str = "wall"
    requests_per_second: Annotated[int, Field(gt=0)] = 1_000
    log_format: Literal["json", "console"] = "json"

    @field_validator("clock")
    @classmethod
    def _is_a_clock(cls, value: str) -> str:
        clock_of(value)
        return value


def clock_of(text: str) -> Clock:
    """`wall`, or `stepped:2013-03-01T00:00:00Z`. Raises ValueError."""
    if text == "wall":
        return WallClock()
    kind, _, start = text.partition(":")
    instant = datetime.fromisoformat(start) if kind == "stepped" else None
    if instant is None or instant.tzinfo is None:
        raise ValueError(f"{text!r}: the clock is `wall` or `stepped:<instant with time zone>`")
    return SteppedClock(instant)
