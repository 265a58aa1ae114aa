"""A gateway that is written in Python needs no other one: it routes by the client's router, and says so."""

from tenure_routing import Route

from tenure.actuators.gateway import Traffic
from tenure.router import Router


class ClientGateway:
    """Does exactly what the record says, as far as the router holds it."""

    kind = "client"
    capabilities: tuple[str, ...] = ("weights", "headers", "mirror", "tuple")
    finest_percent = 0.0
    address: str | None = None

    def __init__(self, router: Router) -> None:
        self._router = router

    async def apply(self, route: Route) -> None:
        self._router.offer(route)

    async def traffic(self) -> Traffic:
        held = self._router.route
        return Traffic({} if held is None else {arm.release: arm.weight_percent for arm in held.arms})
