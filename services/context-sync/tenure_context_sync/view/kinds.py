"""What kind of value does an output of a view hold? Told without a row, so that a column can have a type beforehand."""

import ast
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from tenure_context_sync.events import Aggregate

Kind: TypeAlias = Literal["whole", "real", "truth", "instant", "text"]
"""`text` also where it can't be told: then what is no text is written as JSON."""

Known = Callable[[str | None, str], Kind]
"""What a field holds, by its join's alias (None: of the primary row, or an aggregate) and its name."""

_WHOLE = frozenset(("int", "int8", "int16", "int32", "int64", "integer", "long", "bigint", "smallint"))
_REAL = frozenset(("float", "float32", "float64", "double", "real", "number"))
_TRUTH = frozenset(("bool", "boolean"))
_OF_CALLS: dict[str, Kind] = {"days_between": "real", "instant": "instant", "length": "whole", "number": "real"}
_AS_ARGUMENTS = frozenset(("abs", "coalesce", "greatest", "least", "round"))


def declared_kind(word: str) -> Kind:
    """Of a source's own word for a type."""
    if word in _WHOLE:
        return "whole"
    return "real" if word in _REAL else "truth" if word in _TRUTH else "text"


def aggregate_kind(aggregate: Aggregate, of_field: Kind) -> Kind:
    match aggregate.function:
        case "count" | "distinct":
            return "whole"
        case "sum":
            return "whole" if of_field == "whole" else "real"
        case "last":
            return of_field


def expression_kind(text: str, known: Known) -> Kind:
    """Of an expression that was compiled; one that is always null is taken for text."""
    return _kind(ast.parse(text.strip(), mode="eval").body, known) or "text"


def _kind(tree: ast.expr, known: Known) -> Kind | None:
    """None: a null, which goes with any."""
    match tree:
        case ast.Constant(value=value):
            return _of_constant(value)
        case ast.Name(id=name):
            return known(None, name)
        case ast.Attribute(value=ast.Name(id=alias), attr=column):
            return known(alias, column)
        case ast.BinOp(left=left, op=op, right=right):
            return _reckoned(op, _kind(left, known), _kind(right, known))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return "whole" if _kind(operand, known) == "whole" else "real"
        case ast.IfExp(body=body, orelse=orelse):
            return _common([_kind(body, known), _kind(orelse, known)])
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _AS_ARGUMENTS:
            return _common(_kind(one, known) for one in (arguments[:1] if name == "round" else arguments))
        case ast.Call(func=ast.Name(id=name)):
            return _OF_CALLS.get(name, "text")
        case _:
            return "truth"


def _of_constant(value: object) -> Kind | None:
    kinds: dict[type, Kind] = {bool: "truth", int: "whole", float: "real", str: "text"}
    return kinds.get(type(value))


def _reckoned(op: ast.operator, left: Kind | None, right: Kind | None) -> Kind:
    both = _common([left, right])
    if isinstance(op, ast.Add) and both == "text":
        return "text"
    return "whole" if both == "whole" and not isinstance(op, ast.Div) else "real"


def _common(kinds: Iterable[Kind | None]) -> Kind | None:
    found = {one for one in kinds if one is not None}
    if found == {"whole", "real"}:
        return "real"
    return found.pop() if len(found) == 1 else "text" if found else None
