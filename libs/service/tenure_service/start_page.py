"""What does someone see who opens the address in a browser? Links and health; with a token the newest events."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import aclosing
from hashlib import sha256
from html import escape
from typing import NamedTuple

from tenure_eventlog import EventLog, Partition, Record

from tenure_service.definition import Runtime

NEWEST = 25
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .8rem .3rem 0;
border-bottom: 1px solid #d0d7de; vertical-align: top; } td { font-variant-numeric: tabular-nums; }
.bad { color: #a40e26; } .good { color: #116329; } .degraded { color: #8a4b00; } code { font-size: 13px; }
"""
# The token is kept nowhere; what the log says is put in as text, never as HTML.
SCRIPT = """
document.getElementById("ask").addEventListener("submit", async (asked) => {
  asked.preventDefault();
  const said = document.getElementById("said"), table = document.getElementById("events");
  const token = document.getElementById("token").value.trim();
  const answer = await fetch("log/newest", { headers: { Authorization: "Bearer " + token } });
  const found = await answer.json();
  said.textContent = answer.ok ? "" : found.detail;
  while (table.rows.length > 1) table.deleteRow(1);
  for (const event of answer.ok ? found : []) {
    const row = table.insertRow();
    for (const name of ["time", "stream", "sequence", "event", "by"]) row.insertCell().textContent = event[name];
  }
});
"""
ALLOWED = b64encode(sha256(SCRIPT.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{ALLOWED}'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FORM = """<form id="ask"><label>Token <input id="token" type="password" autocomplete="off" size="50"></label>
<button>Show</button> <span id="said" class="bad">The newest events are shown to who has a token.</span></form>"""


class Row(NamedTuple):
    """A record as people read it; all of it is text from the log."""

    time: str
    stream: str
    sequence: str
    event: str
    by: str


async def newest(event_log: EventLog, topics: Sequence[str]) -> list[Row]:
    """The newest records of the topics, newest first; accepted or not."""
    ends = await event_log.end_offsets(topics)
    starts = await event_log.start_offsets(topics)
    found: list[Record] = []
    for partition, end in ends.items():
        begin = max(starts[partition], end - NEWEST)
        if begin < end:
            found += await _stretch(event_log, partition, begin, end)
    found.sort(key=lambda record: (record.append_time_ms, record.offset), reverse=True)
    return [_row(record) for record in found[:NEWEST]]


async def _stretch(event_log: EventLog, partition: Partition, begin: int, end: int) -> list[Record]:
    records: list[Record] = []
    async with aclosing(event_log.read({partition: begin}, max_records=end - begin)) as batches:
        async for batch in batches:
            records += batch.records
            if batch.next_offset >= end:
                break
    return records


def render(runtimes: Sequence[Runtime], rows: Sequence[Row] | None) -> str:
    """The page; everything that comes from the log is escaped. Without rows it asks for a token."""
    services = "".join(_service(runtime) for runtime in runtimes)
    events = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) + "</tr>" for row in rows or ())
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tenure</title>
<style>{STYLE}</style></head><body><h1>Tenure</h1>
<p>The system of record for AI models in production.
<a href="docs">docs</a> <a href="openapi.json">openapi.json</a> <a href="asyncapi.json">asyncapi.json</a></p>
<h2>Services</h2><table><tr><th>service<th>health<th>events folded<th>links</tr>{services}</table>
<h2>Newest events</h2>{FORM if rows is None else ""}
<table id="events"><tr><th>time<th>stream<th>sequence<th>event<th>by</tr>{events}</table>
{f"<script>{SCRIPT}</script>" if rows is None else ""}</body></html>"""


def _service(runtime: Runtime) -> str:
    prefix, reasons, degraded = runtime.definition.prefix, runtime.reasons(), runtime.degraded()
    health = f'<span class="bad">{escape("; ".join(reasons))}</span>' if reasons else '<span class="good">ready</span>'
    if degraded:
        health += f' <span class="degraded">{escape("; ".join(degraded))}</span>'
    paths = ("/docs", "/openapi.json", "/asyncapi.json", "/readyz")
    links = " ".join(f'<a href="{prefix}{path}">{path[1:]}</a>' for path in paths)
    return f"<tr><td>{runtime.definition.name}<td>{health}<td>{runtime.replica.accepted}<td>{links}</tr>"


def _row(record: Record) -> Row:
    told = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    kind = told.get("ce_type", "").rpartition(".v")[0].rpartition(".")[2]
    sequence = told.get("ce_sequence", "").lstrip("0")
    return Row(told.get("ce_time", ""), told.get("ce_subject", ""), sequence, kind, told.get("ce_authid", ""))
