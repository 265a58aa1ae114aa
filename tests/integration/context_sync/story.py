"""Change records of one source, as the connector would write them."""

from typing import Any

import msgspec
from tenure_eventlog import Message

TOPIC = "weather.public.observations"
WRITTEN_AT_MS = 1_362_096_000_000  # 2013-03-01T00:00:00Z


def change(
    origin: str,
    wind: object,
    *,
    lsn: int | None,
    op: str = "u",
    snapshot: str = "false",
    seconds: float = 0,
    **row: Any,
) -> Message:
    """One row's change, committed `seconds` after the beginning of March."""
    source = {"ts_ms": WRITTEN_AT_MS + int(seconds * 1_000), "lsn": lsn, "snapshot": snapshot}
    after = None if op in ("d", "t") else {"origin": origin, "wind": wind, **row}
    key = None if op == "t" else msgspec.json.encode({"origin": origin})
    return Message(TOPIC, key, msgspec.json.encode({"op": op, "source": source, "before": None, "after": after}))
