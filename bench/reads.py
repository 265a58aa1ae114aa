"""Reads of current state over HTTP, beside a Starlette route and a raw ASGI server with an answer of the same size."""

from bench.figures import Beside, Figure, at_least, seen
from bench.http import MODEL, MODELS
from bench.peers import BYTES
from bench.serving import Served

CONNECTIONS, COUNT = 16, 30_000
PER_S = 8_000.0
# With this description an answer has about as many bytes as a peer's.
DESCRIPTION = "x" * (BYTES - 300)


async def reads(served: Served, raw: Served, route: Served) -> list[Figure]:
    """`served` has its models."""
    described = f'{{"model":"read","description":"{DESCRIPTION}"}}'
    await served.under(served.request("POST", MODELS, described, "read"), 1, 1)
    found = []
    for name, path in (("one model again and again", "read"), ("200 models in turn", MODEL)):
        request = served.request("GET", f"{MODELS}/{path}")
        ours = await served.under(request, COUNT, CONNECTIONS)
        bare = await raw.under(request, COUNT, CONNECTIONS)
        routed = await route.under(request, COUNT, CONNECTIONS)
        title = f"HTTP read, {name}"
        found += [
            at_least(
                title, ours.outcome.per_second, "/s", PER_S, Beside("Starlette route/s", routed.outcome.per_second)
            ),
            seen(f"{title}, processor time", ours.cpu_us, "us", Beside("raw ASGI us", bare.cpu_us)),
        ]
    return found
