"""Customers, each known by a random id, and what is personal of them."""

from datetime import UTC, datetime

import msgspec
from tenure_context_sync.change.change import Change, write_key
from tenure_context_sync.erasure.personal import Personal

CRM = Personal("crm", "customer", frozenset({"name", "born"}), frozenset({"id", "customer", "tier"}))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def key_of(customer: object) -> str:
    return write_key({"id": customer})


def row_of(customer: object = "s-5d2c", **fields: object) -> dict[str, object]:
    return {"customer": customer, "name": "Ada", "born": 1815, "tier": "gold", **fields}


def change_of(row: dict[str, object], kind: str = "row", *, position: int = 1) -> Change:
    return Change(kind, key_of(row["customer"]), True, position, NOON, msgspec.json.encode(row).decode())  # type: ignore[arg-type]  # a test's own words
