"""Why can't a revision read a row? Each check gives a short word and the field, or None."""

from collections.abc import Callable, Mapping, Sequence

from tenure_context_sync.events import Expectation, Field
from tenure_context_sync.shape.types import Json, holds
from tenure_context_sync.view.expression import Expression
from tenure_context_sync.view.scope import Failure, Fields, Scope

JSON_TYPES: Mapping[type, Json] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
Check = Callable[[Fields], str | None]


def shaped(fields: Sequence[Field]) -> Check:
    """Every field is there, of the type that was declared, and not null where it may not be.

    What is personal comes sealed, so that its type shows only to who opens it.
    """
    wanted = [(one.name, frozenset(t for t, json in JSON_TYPES.items() if _fits(one, json))) for one in fields]

    def check(row: Fields) -> str | None:
        for name, types in wanted:
            if name not in row:
                return f"field-missing:{name}"
            if type(row[name]) not in types:
                return f"type-does-not-fit:{name}"
        return None

    return check


def _fits(field: Field, json: Json) -> bool:
    if json == "null":
        return field.nullable
    return (field.personal and json == "string") or holds(field.type, json)


def expected(expectation: Expectation) -> Check:
    """What a row alone can show; whether a row that it refers to exists, the store looks up."""
    name, low, high = expectation.field, expectation.minimum, expectation.maximum

    def not_null(row: Fields) -> str | None:
        return f"null:{name}" if row.get(name) is None else None

    def in_range(row: Fields) -> str | None:
        value = row.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"not-a-number:{name}"
        return (
            f"out-of-range:{name}" if (low is not None and value < low) or (high is not None and value > high) else None
        )

    def nothing(row: Fields) -> str | None:
        return None

    return {"not_null": not_null, "range": in_range, "references": nothing}[expectation.rule]


def reckonable(expressions: Sequence[Expression], personal: frozenset[str]) -> list[Check]:
    """What is made of the primary row alone must come to a value; a bare field was looked at already, and what is made
    of `personal` ones is reckoned where they are open: at a read."""
    alone = [
        one
        for one in expressions
        if not (one.joined or one.aggregates or one.fields & personal) and one.text.strip() not in one.fields
    ]

    def checked(expression: Expression) -> Check:
        def check(row: Fields) -> str | None:
            found = expression.value(Scope(row))
            return found.reason if isinstance(found, Failure) else None

        return check

    return [checked(one) for one in alone]
