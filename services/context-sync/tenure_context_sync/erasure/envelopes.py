"""How does a writer of ours seal Debezium's envelopes before it appends them?"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from tenure_keyring import ERASED_TOKEN, Keyring, Plain

from tenure_context_sync.change.debezium import is_unavailable
from tenure_context_sync.erasure.personal import Fields, Personal, plain_values, read_fields, to_seal, with_tokens

_write = msgspec.json.encode
_NULL = msgspec.Raw(b"null")


class Envelope(NamedTuple):
    """Without its schema beside it; `key` as `write_key` writes it."""

    personal: Personal
    key: str
    value: bytes


async def sealed_envelopes(ring: Keyring, envelopes: Sequence[Envelope]) -> list[bytes]:
    """In order, with the row after the change sealed, and without the one before, which nobody reads.

    Personal values of a row that is nobody's are dropped: they could never be erased, and a change can't be refused
    that the database has made. Raises msgspec.DecodeError for what is no envelope.
    """
    read = [read_fields(one.value) for one in envelopes]
    rows = [_after(envelope) for envelope in read]
    wanted = [_wanted(one, row) for one, row in zip(envelopes, rows, strict=True)]
    plain = [value for of_row in wanted for value in of_row.values() if isinstance(value, Plain)]
    tokens = iter(await ring.seal(plain))
    return [
        _written(envelope, row, {n: next(tokens) if isinstance(v, Plain) else v for n, v in of_row.items()})
        for envelope, row, of_row in zip(read, rows, wanted, strict=True)
    ]


def _after(envelope: Fields) -> Fields:
    """Empty where there is none."""
    after = bytes(envelope.get("after", _NULL))
    return {} if after == b"null" else read_fields(after)


def _wanted(one: Envelope, row: Fields) -> dict[str, Plain | str]:
    """By field: what to seal, or the token that stands for what is dropped. What was not sent is left alone."""
    sent = {name: text for name, text in row.items() if not is_unavailable(bytes(text))}
    try:
        return {**to_seal(one.personal, one.key, sent)}
    except ValueError:
        return dict.fromkeys(plain_values(one.personal, sent), ERASED_TOKEN)


def _written(envelope: Fields, row: Fields, tokens: dict[str, str]) -> bytes:
    after = {"after": msgspec.Raw(with_tokens(row, tokens).encode())} if row else {}
    return _write({**envelope, **({"before": _NULL} if "before" in envelope else {}), **after})
