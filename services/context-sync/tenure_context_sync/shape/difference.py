"""How do a source's rows differ from what they were, and how bad is that?

- Compatible: whoever read the old rows reads the new ones. Lossy: he does, and may get less. Breaking: he does not.
- A field that went and one of its type that came at the same moment are taken for a rename, and marked as probable.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from tenure_context_sync.events import Field, FieldChange
from tenure_context_sync.names import FieldChangeKind, SchemaChangeClass
from tenure_context_sync.shape.types import relation

CLASSES: Mapping[FieldChangeKind, SchemaChangeClass] = {
    "added": "compatible",
    "widened": "compatible",
    "required": "compatible",
    "narrowed": "lossy",
    "nullable": "lossy",
    "removed": "breaking",
    "renamed": "breaking",
    "retyped": "breaking",
    "key_retyped": "breaking",
}
_WORST: Sequence[SchemaChangeClass] = ("breaking", "lossy", "compatible")


def difference(before: Sequence[Field], after: Sequence[Field], key: Sequence[str]) -> tuple[FieldChange, ...]:
    """What changed, in the order of the old fields, then of the new ones. Neither side's order matters."""
    old, new = {field.name: field for field in before}, {field.name: field for field in after}
    gone, came = [f for f in before if f.name not in new], [f for f in after if f.name not in old]
    renamed = _renames(gone, came)
    changes = [change for name in old if name in new for change in _within(old[name], new[name], name in key)]
    changes += [
        _change("renamed", field.name, field.name, renamed[field.name], probable=True)
        if field.name in renamed
        else _change("removed", field.name, field.type, None)
        for field in gone
    ]
    known = set(renamed.values())
    changes += [_change("added", field.name, None, field.type) for field in came if field.name not in known]
    return tuple(changes)


def schema_digest(fields: Sequence[Field]) -> str:
    """Of names, types and nullability, whatever their order."""
    said = sorted((one.name, one.type, one.nullable) for one in fields)
    return sha256(json.dumps(said).encode()).hexdigest()


def class_of(changes: Sequence[FieldChange]) -> SchemaChangeClass:
    """The worst of its parts."""
    found = {CLASSES[change.kind] for change in changes}
    return next((one for one in _WORST if one in found), "compatible")


def breaks(change: FieldChange) -> bool:
    """Whether who reads the field can't read it any more."""
    return CLASSES[change.kind] == "breaking"


def _within(old: Field, new: Field, is_key: bool) -> list[FieldChange]:
    changes = []
    match relation(old.type, new.type):
        case "wider":
            changes.append(_change("key_retyped" if is_key else "widened", old.name, old.type, new.type))
        case "narrower":
            changes.append(_change("key_retyped" if is_key else "narrowed", old.name, old.type, new.type))
        case "other":
            changes.append(_change("key_retyped" if is_key else "retyped", old.name, old.type, new.type))
        case "same":
            pass
    if old.nullable != new.nullable:
        changes.append(_change("nullable" if new.nullable else "required", old.name, None, None))
    return changes


def _renames(gone: Sequence[Field], came: Sequence[Field]) -> dict[str, str]:
    """Old name to new one, where only one pair of its type is possible: else nobody could tell which is which."""
    pairs = [(old, new) for old in gone for new in came if relation(old.type, new.type) == "same"]
    olds, news = [old.name for old, _ in pairs], [new.name for _, new in pairs]
    return {old.name: new.name for old, new in pairs if olds.count(old.name) == 1 and news.count(new.name) == 1}


def _change(
    kind: FieldChangeKind, field: str, before: str | None, after: str | None, *, probable: bool = False
) -> FieldChange:
    return FieldChange(kind=kind, field=field, before=before, after=after, probable=probable)
