"""How does HAProxy follow a route? By the weights of a backend's servers, which are named after releases."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tenure_routing import Route

from tenure.actuators.gateway import GatewayAway, Traffic
from tenure.actuators.runtime import RuntimeSocket, Server
from tenure.actuators.weights import spread, whole_weights

FINEST_PERCENT = 0.5


class HAProxy:
    """Whoever gets requests is up first, then the weights move, then who has none left is drained.

    Where a server that is to get requests is not up, nothing moves: that is said, and looked at again. Weights move in
    one breath, those that gain before those that lose.
    """

    kind = "haproxy"
    capabilities: tuple[str, ...] = ("weights",)
    finest_percent = FINEST_PERCENT

    def __init__(self, address: str, backend: str) -> None:
        self._socket = RuntimeSocket(address, backend)
        self._counted: Mapping[str, int] | None = None
        self.address: str | None = f"{address} {backend}"

    async def apply(self, route: Route) -> None:
        shares = {arm.release: arm.weight_percent for arm in route.arms}
        known = await self._socket.servers()
        of_releases = Counter(server.release for server in known)
        if unknown := sorted(release for release, share in shares.items() if share and not of_releases[release]):
            raise GatewayAway(f"there is no server for {', '.join(unknown)}")
        servers = await self._admitted(known, shares)
        weights = whole_weights({one: shares.get(one, 0.0) for one in of_releases}, of_releases)
        left = {release: iter(spread(weight, of_releases[release])) for release, weight in weights.items()}
        wanted = [(server, next(left[server.release])) for server in servers]
        moved = sorted((one for one in wanted if one[0].weight != one[1]), key=lambda one: one[0].weight - one[1])
        await self._socket.weigh([(server.name, weight) for server, weight in moved])
        await self._socket.drain([s.name for s in servers if s.serves and not weights[s.release]])
        self._counted = {server.name: server.sessions for server in servers}

    async def traffic(self) -> Traffic:
        """By the weights of the servers that are up; beside that, what they were sent since the last change."""
        servers = await self._socket.servers()
        weights = Counter[str]()
        for server in servers:
            weights[server.release] += server.weight if server.serves else 0
        whole = weights.total()
        shares = {release: weight / whole * 100 for release, weight in weights.items() if weight}
        return Traffic(shares, self._detail(servers))

    async def _admitted(self, servers: Sequence[Server], shares: Mapping[str, float]) -> Sequence[Server]:
        """Raises GatewayAway where one that is to get requests is not up."""
        needed = [server for server in servers if shares.get(server.release)]
        if all(server.serves for server in needed):
            return servers
        await self._socket.admit([server.name for server in needed if not server.serves])
        servers = await self._socket.servers()
        down = sorted(s.name for s in servers if shares.get(s.release) and not s.serves)
        if down:
            raise GatewayAway(f"nothing was moved, since not up: {', '.join(down)}")
        return servers

    def _detail(self, servers: Sequence[Server]) -> str | None:
        down = [f"{server.name} is {server.status}" for server in servers if server.weight and not server.serves]
        sent = Counter[str]()
        for server in servers:
            sent[server.release] += server.sessions - (self._counted or {}).get(server.name, server.sessions)
        counted = [f"{release} {number}" for release, number in sorted(sent.items()) if number > 0]
        told = [*down, *([f"sent since the last change: {', '.join(counted)}"] if counted else [])]
        return "; ".join(told) or None
