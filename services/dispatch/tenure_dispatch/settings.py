"""What may dispatch reach, and how long does it try?"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "TENURE_DISPATCH_"
Network = IPv4Network | IPv6Network


class DispatchSettings(BaseSettings):
    """Read from TENURE_DISPATCH_* in the environment, once, at start.

    `allowed_networks`: what may be reached besides public addresses, as `10.1.0.0/16,127.0.0.0/8`. An event is tried
    `attempts` times at most, and for `longest_hours`, whichever ends first; `lease_seconds` is how long another replica
    waits before it takes over from one that says nothing. `master_key` seals secrets, as `name:base64 of 32 bytes`, so
    that dispatch need not hold the key of personal data; without it that one does.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    allowed_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    allow_http: bool = False
    attempts: Annotated[int, Field(ge=1, le=100)] = 24
    longest_hours: Annotated[float, Field(gt=0, le=30 * 24)] = 48
    first_retry_seconds: Annotated[float, Field(gt=0, le=3_600)] = 1
    longest_retry_seconds: Annotated[float, Field(gt=0, le=86_400)] = 3_600
    attempt_seconds: Annotated[float, Field(gt=0, le=60)] = 15
    lease_seconds: Annotated[float, Field(ge=0.5, le=60)] = 10
    master_key: Annotated[str | None, Field(repr=False)] = None
    most_listeners: Annotated[int, Field(ge=1, le=900)] = 500

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _separated_by_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        return value
