"""What must a gateway be able to do, that routes be turned into traffic by it? Kubernetes' would be one more."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tenure_routing import Route


class GatewayAway(Exception):
    """The gateway does not answer, or not as it should; the message says what was asked. Tried again, for ever."""


class Traffic(NamedTuple):
    """What a gateway does now: of each release the share in percent; `detail` says what there is to say of it."""

    shares: Mapping[str, float]
    detail: str | None = None


class Gateway(Protocol):
    """Level-triggered: told the same route again, it does again what is missing of it, and nothing else."""

    kind: str
    capabilities: tuple[str, ...]
    """Of `weights`, `headers`, `mirror`, `tuple`: a rollout that asks for another is refused at its start."""

    finest_percent: float
    """How far a share may be from what was decided, since it can't be set more finely."""

    address: str | None

    async def apply(self, route: Route) -> None:
        """Makes the traffic so, in the order that loses no request. Raises GatewayAway."""
        ...

    async def traffic(self) -> Traffic:
        """As the gateway itself says, not as it was told. Raises GatewayAway."""
        ...
