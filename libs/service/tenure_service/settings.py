"""What does a service need to be told?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from tenure_journal import Clock, SteppedClock, WallClock

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsWrong(Exception):
    """The message names each variable of the environment that is wrong, and what it should be."""


class OidcSettings(BaseSettings):
    """Read from TENURE_OIDC_* in the environment. Without an issuer only the token file lets anybody in.

    Algorithms with a shared secret, and `none`, are no choice here. The names of claims may be dotted paths.
    """

    model_config = SettingsConfigDict(env_prefix="TENURE_OIDC_", frozen=True, env_ignore_empty=True)

    issuer: str | None = None
    audience: str | None = None
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, Field(min_length=1)] = ("RS256", "ES256")
    roles_claim: str = "tenure_roles"
    kind_claim: str = "tenure_kind"
    families_claim: str = "tenure_families"
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    refresh_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
    keys_good_seconds: Annotated[int, Field(ge=60, le=7 * 86_400)] = 3_600

    @field_validator("algorithms", mode="before")
    @classmethod
    def _separated_by_commas(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("issuer")
    @classmethod
    def _is_confidential(cls, value: str | None) -> str | None:
        if value is not None and not confidential(value):
            raise ValueError(f"{value!r}: the issuer is an https:// address")
        return value

    @model_validator(mode="after")
    def _has_an_audience(self) -> Self:
        if self.issuer is not None and self.audience is None:
            raise ValueError("set TENURE_OIDC_AUDIENCE to what the issuer's tokens for Tenure have in `aud`")
        return self


def confidential(url: str) -> bool:
    """TLS, or no network at all: who can change an issuer's keys on their way can sign any token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


class ServiceSettings(BaseSettings):
    """Read from TENURE_* in the environment, once, at start. `requests_per_second` is for each principal.

    `subject_keys`: the Postgres of the keys that personal data is sealed under, which `master_keys` wrap.
    `artifacts` and `keyring`: where training tables are stored, and what their data keys are wrapped with.
    """

    model_config = SettingsConfigDict(env_prefix="TENURE_", frozen=True)

    log: str = "embedded:.tenure"
    database: str | None = None
    subject_keys: str | None = None
    master_keys: Path = Path(".tenure/master-keys.json")
    artifacts: str = ".tenure/artifacts"
    keyring: Path = Path(".tenure/keys.json")
    host: str = "127.0.0.1"
    port: int = 8600
    instance: str = "0"
    tokens: Path = Path(".tenure/tokens.json")
    clock: str = "wall"
    requests_per_second: Annotated[int, Field(gt=0)] = 1_000
    log_format: Literal["json", "console"] = "json"
    oidc: OidcSettings = Field(default_factory=OidcSettings)

    @field_validator("clock")
    @classmethod
    def _is_a_clock(cls, value: str) -> str:
        clock_of(value)
        return value


@contextmanager
def told_in_a_line(prefix: str = "TENURE_") -> Iterator[None]:
    """Around the reading of settings. Raises SettingsWrong instead of what pydantic raises."""
    try:
        yield
    except ValidationError as wrong:
        read = "TENURE_OIDC_" if wrong.title == OidcSettings.__name__ else prefix
        raise SettingsWrong("; ".join(_line(read, details) for details in wrong.errors())) from None


def _line(prefix: str, details: ErrorDetails) -> str:
    why = details["msg"].removeprefix("Value error, ")
    return f"{prefix}{str(details['loc'][0]).upper()}: {why}" if details["loc"] else why


def clock_of(text: str) -> Clock:
    """`wall`, or `stepped:2013-03-01T00:00:00Z`. Raises ValueError."""
    if text == "wall":
        return WallClock()
    kind, _, start = text.partition(":")
    instant = datetime.fromisoformat(start) if kind == "stepped" else None
    if instant is None or instant.tzinfo is None:
        raise ValueError(f"{text!r}: the clock is `wall` or `stepped:<instant with time zone>`")
    return SteppedClock(instant)
