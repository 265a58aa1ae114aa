"""Speaks like the engine's process, without a JVM: plays the frames that its script names, one for each answer."""

import json
import os
import sys
from pathlib import Path
from struct import pack


def framed(text: str | None) -> bytes:
    return pack(">i", -1) if text is None else pack(">i", len(text.encode())) + text.encode()


def main() -> None:
    here = Path(sys.argv[0]).parent
    (here / "orders.json").write_text(sys.stdin.readline())
    for act in json.loads((here / "script.json").read_text()):
        match act:
            case {"batch": records}:
                parts = [part for record in records for part in record]
                os.write(1, b"B" + pack(">i", len(parts)) + b"".join(map(framed, parts)))
                if not sys.stdin.readline():
                    return
                with (here / "heard").open("a") as heard:
                    heard.write("x")
            case {"failure": reason}:
                os.write(1, b"F" + framed(reason))
            case {"bytes": raw}:
                os.write(1, bytes.fromhex(raw))
            case {"print": text}:
                print(text, file=sys.stderr)  # noqa: T201 - an engine's last words


main()
