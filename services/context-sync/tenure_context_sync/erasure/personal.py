"""What of a source's rows is personal, whose is it, and where is a sealed value bound to?"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
from tenure_keyring import ERASED_TOKEN, Plain, is_token

from tenure_context_sync.events import SourceRegistered

SERVING = "serving"
"""The purpose that contexts are read for; training reads through them."""

SUBJECT = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
"""What a subject's id looks like: random, and no address."""

Fields = dict[str, msgspec.Raw]
read_fields = msgspec.json.Decoder(Fields).decode
_write = msgspec.json.Encoder(order="sorted").encode
_NULL = b"null"


class Personal(NamedTuple):
    """A row is about the subject that `subject_field` names, a random id; its `fields` are that subject's.

    `clear`: what was declared as nobody's; anything else that comes is taken for personal, as a column that was renamed
    is. None: whoever writes knows no more than what is marked.
    """

    source: str
    subject_field: str
    fields: frozenset[str]
    clear: frozenset[str] | None = None

    def covers(self, name: str) -> bool:
        return name in self.fields or (self.clear is not None and name not in self.clear)


def personal_of(source: SourceRegistered) -> Personal | None:
    """None where nothing is personal, or (of a source from before there was a door) nothing says whose it is."""
    marks = {field.name: field.personal for field in source.fields}
    return personal_among(source.source, marks, source.subject_field, source.key)


def personal_among(
    source: str, marks: Mapping[str, bool], subject_field: str | None, key: Sequence[str]
) -> Personal | None:
    """`marks` has all declared fields, and which are personal."""
    marked = frozenset(name for name, personal in marks.items() if personal)
    whose = subject_field or (key[0] if len(key) == 1 else None)
    return Personal(str(source), whose, marked, frozenset(marks) - marked) if marked and whose else None


def place_of(source: str, key: str, field: str) -> str:
    """What a value is bound to. Keys have no line breaks, since they are JSON."""
    return f"{source}\n{key}\n{field}"


def subject_of(personal: Personal, row: Fields) -> str | None:
    """A number's id is its digits; None where the row has none that can be one."""
    try:
        value = msgspec.json.decode(row.get(personal.subject_field, _NULL), type=str | int | None)
    except msgspec.ValidationError:
        return None
    return str(value) if SUBJECT.fullmatch(str(value)) and value is not None else None


def plain_values(personal: Personal, row: Fields) -> dict[str, str]:
    """What is personal and has a value, as JSON text; what came sealed is left alone."""
    present = {name: bytes(value) for name, value in row.items() if personal.covers(name)}
    return {name: text.decode() for name, text in present.items() if text != _NULL and not is_sealed(text)}


def is_sealed(text: bytes) -> bool:
    """Of a value as JSON text."""
    return text.startswith(b'"tenure.sealed.') and is_token(msgspec.json.decode(text))


def to_seal(personal: Personal, key: str, row: Fields) -> dict[str, Plain]:
    """By field. Raises ValueError where there is something to seal, and nobody whose it is."""
    values, subject = plain_values(personal, row), subject_of(personal, row)
    if values and subject is None:
        raise ValueError(f"a row of {personal.source} has personal values, and no id in {personal.subject_field}")
    return {
        name: Plain(str(subject), SERVING, place_of(personal.source, key, name), text) for name, text in values.items()
    }


def with_tokens(row: Fields, tokens: Mapping[str, str]) -> str:
    """The row's JSON text with tokens where the values were."""
    sealed = {name: msgspec.Raw(_write(token)) for name, token in tokens.items()}
    return _write(row | sealed).decode()


def tokens_of(fields: Mapping[str, object]) -> dict[str, str]:
    """What of a row is sealed, by field."""
    return {name: value for name, value in fields.items() if isinstance(value, str) and is_token(value)}


def blanked(fields: str, names: Collection[str]) -> str:
    """A row's JSON text with these fields erased."""
    return with_tokens(read_fields(fields), dict.fromkeys(names, ERASED_TOKEN))
