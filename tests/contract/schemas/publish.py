"""Pins new schemas and adds their golden samples, touching no old one: `python tests/contract/schemas/publish.py`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import tenure_schemas
from tenure_codec.binding import EventCodec, members
from tenure_journal.void import RecordVoided

SCHEMAS = Path(tenure_schemas.__path__[0])
PINNED = SCHEMAS / "published.json"
CORPUS = Path(__file__).parent / "corpus"
UNIONS = {
    "registry": ("tenure_registry", "RegistryEvent"),
    "context": ("tenure_context_sync", "AnyContextEvent"),
    "rollout": ("tenure_rollout", "RolloutEvent"),
    "monitor": ("tenure_monitor", "MonitorEvent"),
}
INSTANT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PLAIN: dict[Any, Any] = {str: "zürich", int: -(2**40), bool: True, float: 0.1, bytes: b"\x00\xff", datetime: INSTANT}


def events_of(service: str) -> tuple[type, ...]:
    """The dataclasses that the service writes, the void event that each topic may hold included."""
    package, union = UNIONS[service]
    return tuple(dict.fromkeys((*members(getattr(import_module(f"{package}.events"), union)), RecordVoided)))


def codec_of(service: str) -> EventCodec:
    """The service's own codec, with its upcasters."""
    upcasters = import_module(f"{UNIONS[service][0]}.upcasters").UPCASTERS
    return EventCodec(service, Union[events_of(service)], upcasters=upcasters)  # noqa: UP007  # made at run time


def sample(kind: Any, *, full: bool) -> Any:
    """A value of the type: with everything there, or with all that may be absent or empty so."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{f.name: sample(hints[f.name], full=full) for f in fields(kind)})
    return _generic(get_origin(kind), get_args(kind), full)


def _generic(origin: Any, args: tuple[Any, ...], full: bool) -> Any:
    if origin is Literal:
        return args[0] if full else args[-1]
    if origin is tuple:
        return (sample(args[0], full=True), sample(args[0], full=False)) if full else ()
    if origin in (dict, Mapping):
        return {"b": sample(args[1], full=True), "a": sample(args[1], full=True)} if full else {}
    assert origin in (Union, UnionType)
    return sample(args[0], full=True) if full else None


def as_json(event: Any) -> Any:
    """The event as JSON can hold it: instants in ISO 8601, bytes in hex."""
    return json.loads(json.dumps(asdict(event), default=_text))


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else value.astimezone(UTC).isoformat(timespec="microseconds")


def file_digests() -> dict[str, str]:
    """SHA-256 of each schema file, by its path in the package."""
    found = sorted(SCHEMAS.glob("*/*.avsc"))
    return {path.relative_to(SCHEMAS).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def pinned() -> dict[str, str]:
    """What was ever published."""
    read: dict[str, str] = json.loads(PINNED.read_text()) if PINNED.exists() else {}
    return read


def publish() -> None:
    """Old pins win over what the files hold now: an edited file stays red."""
    PINNED.write_text(json.dumps(file_digests() | pinned(), indent=2, sort_keys=True) + "\n")
    CORPUS.mkdir(exist_ok=True)
    for service in UNIONS:
        codec = codec_of(service)
        for kind in events_of(service):
            for number, full in ((1, True), (2, False)):
                _add_sample(codec, sample(kind, full=full), number)


def _add_sample(codec: EventCodec, event: Any, number: int) -> None:
    encoded = codec.encode(event)
    path = CORPUS / f"{encoded.dataschema.split(':')[3]}.{number}.bin"
    if not path.exists():
        path.write_bytes(encoded.value)
        expected = {"dataschema": encoded.dataschema, "type": encoded.type, "event": as_json(event)}
        path.with_suffix(".json").write_text(json.dumps(expected, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    publish()
