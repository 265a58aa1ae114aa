"""Schemas that were never published, in a folder of their own."""

import json
from pathlib import Path
from typing import Any

Field = dict[str, Any]


def field(name: str, kind: Any, **default: Any) -> Field:
    """A field; `default=` is optional, as it is in Avro."""
    return {"name": name, "type": kind, **default}


def record(name: str, *fields: Field) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "dev.tenure.test", "fields": list(fields)}


def write_schemas(root: Path, service: str, event: str, *versions: list[Field]) -> None:
    """One file for each version's fields, from v1."""
    (root / service).mkdir(exist_ok=True)
    for number, fields in enumerate(versions, start=1):
        path = root / service / f"{event}.v{number}.avsc"
        path.write_text(json.dumps(record(event, *fields) | {"namespace": f"dev.tenure.{service}"}))
