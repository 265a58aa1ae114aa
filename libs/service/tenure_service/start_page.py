"""What does someone see who opens the address in a browser? Links, health and the newest events."""

from collections.abc import Sequence
from contextlib import aclosing
from html import escape

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tenure_eventlog import EventLog, Partition, Record

from tenure_service.definition import Runtime

NEWEST = 25
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .8rem .3rem 0;
border-bottom: 1px solid #d0d7de; vertical-align: top; } td { font-variant-numeric: tabular-nums; }
.bad { color: #a40e26; } .good { color: #116329; } code { font-size: 13px; }
"""


def routes(runtimes: Sequence[Runtime], event_log: EventLog) -> list[Route]:
    """The routes of the origin itself."""

    async def page(request: Request) -> Response:
        records = await newest(event_log, sorted({t for r in runtimes for t in r.replica.topics}))
        return HTMLResponse(render(runtimes, records), headers={"Content-Security-Policy": _policy()})

    async def alive(request: Request) -> Response:
        return _json({"alive": True})

    async def ready(request: Request) -> Response:
        reasons = {r.definition.name: r.reasons() for r in runtimes}
        is_ready = not any(reasons.values())
        return _json({"ready": is_ready, "reasons": reasons}, 200 if is_ready else 503)

    async def metrics(request: Request) -> Response:
        return Response(b"".join(r.metrics.text() for r in runtimes), media_type="text/plain; version=0.0.4")

    return [
        Route("/", page),
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
    ]


def _policy() -> str:
    return "default-src 'none'; style-src 'unsafe-inline'"


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


async def newest(event_log: EventLog, topics: Sequence[str]) -> list[Record]:
    """The newest records of the topics, newest first; accepted or not."""
    ends = await event_log.end_offsets(topics)
    starts = await event_log.start_offsets(topics)
    found: list[Record] = []
    for partition, end in ends.items():
        begin = max(starts[partition], end - NEWEST)
        if begin < end:
            found += await _stretch(event_log, partition, begin, end)
    found.sort(key=lambda record: (record.append_time_ms, record.offset), reverse=True)
    return found[:NEWEST]


async def _stretch(event_log: EventLog, partition: Partition, begin: int, end: int) -> list[Record]:
    records: list[Record] = []
    async with aclosing(event_log.read({partition: begin}, max_records=end - begin)) as batches:
        async for batch in batches:
            records += batch.records
            if batch.next_offset >= end:
                break
    return records


def render(runtimes: Sequence[Runtime], records: Sequence[Record]) -> str:
    """The page; everything that comes from the log is escaped."""
    services = "".join(_service(runtime) for runtime in runtimes)
    events = "".join(_event(record) for record in records)
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tenure</title>
<style>{STYLE}</style></head><body><h1>Tenure</h1>
<p>The system of record for AI models in production.</p>
<h2>Services</h2><table><tr><th>service<th>health<th>events folded<th>links</tr>{services}</table>
<h2>Newest events</h2><table><tr><th>time<th>stream<th>sequence<th>event<th>by</tr>{events}</table>
</body></html>"""


def _service(runtime: Runtime) -> str:
    prefix, reasons = runtime.definition.prefix, runtime.reasons()
    health = f'<span class="bad">{escape("; ".join(reasons))}</span>' if reasons else '<span class="good">ready</span>'
    links = " ".join(f'<a href="{prefix}{path}">{path[1:]}</a>' for path in ("/docs", "/openapi.json", "/readyz"))
    return f"<tr><td>{runtime.definition.name}<td>{health}<td>{runtime.replica.accepted}<td>{links}</tr>"


def _event(record: Record) -> str:
    told = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    kind = told.get("ce_type", "").rpartition(".v")[0].rpartition(".")[2]
    cells = (told.get("ce_time", ""), told.get("ce_subject", ""), told.get("ce_sequence", "").lstrip("0"), kind)
    return "<tr>" + "".join(f"<td>{escape(c)}" for c in (*cells, told.get("ce_authid", ""))) + "</tr>"
