"""What does a reader see of a sealed value? The value where they may, and a word where not."""

from collections.abc import Mapping
from typing import assert_never

import msgspec
from tenure_keyring import ERASED_TOKEN, Erased, Keyring, SealBroken, Sealed, is_token
from tenure_service import Principal
from tenure_service.tokens import Role

from tenure_context_sync.erasure.personal import SERVING, place_of
from tenure_context_sync.view.reading import Found
from tenure_context_sync.view.scope import Closed

MAY_OPEN: tuple[Role, ...] = ("producer", "engineer", "operator")
SEALED, ERASED, BROKEN = Closed("sealed"), Closed("erased"), Closed("broken")
Answer = str | Erased | SealBroken | None


def may_open(principal: Principal, purpose: str | None) -> bool:
    """By role, and only for who says that it is for what the data is kept for."""
    return purpose == SERVING and principal.may(*MAY_OPEN)


async def opened(
    ring: Keyring | None, source: str, personal: frozenset[str], rows: Mapping[str, Found]
) -> dict[str, Found]:
    """The rows of a source by key, with their `personal` fields open; a `Closed` where that can't be.

    Without a `ring` all stays sealed but what was dropped at the door or blanked. `broken`: a stranger's token, or one
    that was copied from another place.
    """
    asked = [
        (key, name, Sealed(str(token), place_of(source, key, name)))
        for key, row in rows.items()
        for name in personal
        if is_token(token := (row.fields or {}).get(name))
    ]
    tokens = [token for _, _, token in asked]
    answers = await ring.open_each(tokens) if ring and tokens else [_unopened(token) for token in tokens]
    values: dict[str, dict[str, object]] = {}
    for (key, name, _), answer in zip(asked, answers, strict=True):
        values.setdefault(key, {})[name] = _value(answer)
    return {key: _with(row, values[key]) if key in values else row for key, row in rows.items()}


def closed(row: Found, personal: frozenset[str]) -> Found:
    """As it is for who may open nothing."""
    tokens = {name: token for name in personal if is_token(token := (row.fields or {}).get(name))}
    return (
        _with(row, {name: ERASED if one == ERASED_TOKEN else SEALED for name, one in tokens.items()}) if tokens else row
    )


def _unopened(sealed: Sealed) -> Answer:
    return Erased(sealed.bound_to) if sealed.token == ERASED_TOKEN else None


def _with(row: Found, values: Mapping[str, object]) -> Found:
    return row._replace(fields={**(row.fields or {}), **values}, erased=ERASED in values.values())


def _value(answer: Answer) -> object:
    match answer:
        case str():
            return msgspec.json.decode(answer)
        case Erased():
            return ERASED
        case SealBroken():
            return BROKEN
        case None:
            return SEALED
        case _:
            assert_never(answer)
