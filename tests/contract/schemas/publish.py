"""Pins new schemas and adds their golden samples, touching no old one: `python -m tests.contract.schemas.publish`."""

import json
from dataclasses import asdict
from datetime import UTC
from hashlib import sha256
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Union

import tenure_schemas
from tenure_codec.binding import EventCodec, members
from tenure_journal.void import RecordVoided

from tests.contract.schemas.samples import Choice, choices, chosen, sample

SCHEMAS = Path(tenure_schemas.__path__[0])
PINNED = SCHEMAS / "published.json"
CORPUS = Path(__file__).parent / "corpus"
MANIFEST = Path(__file__).parent / "corpus.json"
UNIONS = {
    "registry": ("tenure_registry", "RegistryEvent"),
    "context": ("tenure_context_sync", "AnyContextEvent"),
    "rollout": ("tenure_rollout", "RolloutEvent"),
    "monitor": ("tenure_monitor", "MonitorEvent"),
}


def events_of(service: str) -> tuple[type, ...]:
    """The dataclasses that the service writes, the void event that each topic may hold included."""
    package, union = UNIONS[service]
    return tuple(dict.fromkeys((*members(getattr(import_module(f"{package}.events"), union)), RecordVoided)))


def codec_of(service: str) -> EventCodec:
    """The service's own codec, with its upcasters."""
    upcasters = import_module(f"{UNIONS[service][0]}.upcasters").UPCASTERS
    return EventCodec(service, Union[events_of(service)], upcasters=upcasters)  # noqa: UP007  # made at run time


def as_json(event: Any) -> Any:
    """The event as JSON can hold it: instants in ISO 8601, bytes in hex."""
    return json.loads(json.dumps(asdict(event), default=_text))


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else value.astimezone(UTC).isoformat(timespec="microseconds")


def file_digests() -> dict[str, str]:
    """SHA-256 of each schema file, by its path in the package."""
    found = sorted(SCHEMAS.glob("*/*.avsc"))
    return {path.relative_to(SCHEMAS).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def sample_digests() -> dict[str, str]:
    """SHA-256 of each file of the corpus, by its name."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(CORPUS.iterdir())}


def pinned(where: Path) -> dict[str, str]:
    """What was ever published: PINNED has the schemas, MANIFEST the samples."""
    read: dict[str, str] = json.loads(where.read_text()) if where.exists() else {}
    return read


def samples() -> list[Path]:
    """The golden bytes; beside each a JSON file says what they mean."""
    return sorted(CORPUS.glob("*.bin"))


def meaning(path: Path) -> dict[str, Any]:
    """`dataschema`, `type` and `event` of golden bytes."""
    read: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return read


def golden(path: Path) -> Any:
    """The event that today's codec makes of golden bytes."""
    dataschema = meaning(path)["dataschema"]
    return codec_of(dataschema.split(":")[3].split(".")[0]).decode(dataschema, path.read_bytes())


def unsampled(kind: type, dataschema: str) -> set[Choice]:
    """Values of the event's Literals that no golden bytes of this schema hold."""
    held = [chosen(golden(path)) for path in samples() if meaning(path)["dataschema"] == dataschema]
    return choices(kind) - set().union(*held)


def publish() -> None:
    """Old pins win over what the files hold now: an edited file stays red."""
    CORPUS.mkdir(exist_ok=True)
    for service in UNIONS:
        codec = codec_of(service)
        for kind in events_of(service):
            _add_sample(codec, sample(kind, full=True), 1)
            _add_sample(codec, sample(kind, full=False), 2)
            _add_choices(codec, kind)
    _pin(PINNED, file_digests())
    _pin(MANIFEST, sample_digests())


def _pin(where: Path, found: dict[str, str]) -> None:
    where.write_text(json.dumps(found | pinned(where), indent=2, sort_keys=True) + "\n")


def _add_choices(codec: EventCodec, kind: type) -> None:
    dataschema = codec.encode(sample(kind, full=True)).dataschema
    for turn in range(1, len(choices(kind))):
        event = sample(kind, full=True, turn=turn)
        if chosen(event) & unsampled(kind, dataschema):
            _add_sample(codec, event, next(n for n in count(3) if not _sample_path(dataschema, n).exists()))


def _sample_path(dataschema: str, number: int) -> Path:
    return CORPUS / f"{dataschema.split(':')[3]}.{number}.bin"


def _add_sample(codec: EventCodec, event: Any, number: int) -> None:
    encoded = codec.encode(event)
    path = _sample_path(encoded.dataschema, number)
    if not path.exists():
        path.write_bytes(encoded.value)
        expected = {"dataschema": encoded.dataschema, "type": encoded.type, "event": as_json(event)}
        path.with_suffix(".json").write_text(json.dumps(expected, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    publish()
