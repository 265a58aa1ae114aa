"""Commands over HTTP as a client has them, beside a raw ASGI server that only reads them and answers."""

from bench.figures import Beside, Figure, at_least, at_most, seen
from bench.load import NUMBER, STREAM, STREAMS
from bench.serving import Served

STEADY_PER_S, STEADY_COUNT = 200, 2_000
CLIENTS, COUNT = 16, 8_000
P50_MS, P99_MS, PER_S = 5.0, 25.0, 1_500.0
MODELS = "/registry/v1/models"
NAME, MODEL = NUMBER.decode(), STREAM.decode()
VERSION = f'{{"model_version":"v{NAME}","artifact_digest":"sha256:{"a" * 64}","framework":"scikit-learn"}}'


async def models(served: Served) -> None:
    """Makes the models that everything else is about."""
    await served.under(served.request("POST", MODELS, f'{{"model":"{MODEL}"}}', f"model-{NAME}"), STREAMS, CLIENTS)


async def commands(served: Served, peer: Served) -> list[Figure]:
    """`served` has its models."""
    request = served.request("POST", f"{MODELS}/{MODEL}/versions", VERSION, f"version-{NAME}")
    await served.under(request, 500, CLIENTS)
    steady = await served.under(request, STEADY_COUNT, CLIENTS, first=1_000, per_second=STEADY_PER_S)
    full = await served.under(request, COUNT, CLIENTS, first=10_000)
    bare_steady = await peer.under(request, STEADY_COUNT, CLIENTS, per_second=STEADY_PER_S)
    bare = await peer.under(request, COUNT, CLIENTS)
    at_rate = f"HTTP command at {STEADY_PER_S}/s"
    p50, p99 = (
        Beside("raw ASGI p50 ms", bare_steady.outcome.p50_ms),
        Beside("raw ASGI p99 ms", bare_steady.outcome.p99_ms),
    )
    return [
        at_most(f"{at_rate}, p50", steady.outcome.p50_ms, "ms", P50_MS, p50),
        at_most(f"{at_rate}, p99", steady.outcome.p99_ms, "ms", P99_MS, p99),
        at_least(
            f"HTTP commands, {CLIENTS} clients",
            full.outcome.per_second,
            "/s",
            PER_S,
            Beside("raw ASGI/s", bare.outcome.per_second),
        ),
        seen("HTTP command, processor time", full.cpu_us, "us", Beside("raw ASGI us", bare.cpu_us)),
    ]
