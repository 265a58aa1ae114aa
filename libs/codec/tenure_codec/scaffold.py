"""Writes the first schema of each event that has none: `python -m tenure_codec.scaffold tenure_x.events:XEvent x`."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from tenure_codec.binding import members
from tenure_codec.catalogue import named_once
from tenure_codec.plans import record_plan


def scaffold(events: Any, service: str, root: Path) -> list[Path]:
    """The files written; a schema that is there is never touched, whatever its number."""
    written = []
    for kind in members(events):
        folder = root / service
        if not list(folder.glob(f"{kind.__name__}.v*.avsc")):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{kind.__name__}.v1.avsc"
            avro = named_once(record_plan(kind, f"dev.tenure.{service}").avro, set())
            path.write_text(json.dumps(avro, indent=2) + "\n")
            written.append(path)
    return written


def main() -> None:
    """Arguments: `module:Union service`."""
    where, service = sys.argv[1:3]
    module, _, union = where.partition(":")
    root = Path(import_module("tenure_schemas").__path__[0])
    for path in scaffold(getattr(import_module(module), union), service, root):
        sys.stdout.write(f"{path.relative_to(root)}\n")


if __name__ == "__main__":
    main()
