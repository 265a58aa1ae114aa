"""What do the operators of an expression make of values? As in SQL: null in, null out; and nothing is guessed."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from tenure_context_sync.view.functions import a_number, checked, same_family
from tenure_context_sync.view.scope import Unfit

Binary = Callable[[object, object], object]


def _reckoned(reckon: Callable[[int | float, int | float], object]) -> Binary:
    def apply(left: object, right: object) -> object:
        try:
            return checked(reckon(a_number(left), a_number(right)))
        except ZeroDivisionError:
            raise Unfit("division-by-zero") from None
        except OverflowError:
            raise Unfit("number-too-large") from None

    return apply


def _add(left: object, right: object) -> object:
    if type(left) is str and type(right) is str:
        return checked(left + right)
    return _ADD_NUMBERS(left, right)


def _compared(compare: Callable[[Any, Any], object]) -> Binary:
    def apply(left: object, right: object) -> object:
        same_family(left, right)  # and so they have an order
        return compare(left, right)

    return apply


_ADD_NUMBERS = _reckoned(operator.add)
ARITHMETIC: Mapping[type[ast.operator], Binary] = {
    ast.Add: _add,
    ast.Sub: _reckoned(operator.sub),
    ast.Mult: _reckoned(operator.mul),
    ast.Div: _reckoned(operator.truediv),
    ast.FloorDiv: _reckoned(operator.floordiv),
    ast.Mod: _reckoned(operator.mod),
}
COMPARISONS: Mapping[type[ast.cmpop], Binary] = {
    ast.Eq: _compared(operator.eq),
    ast.NotEq: _compared(operator.ne),
    ast.Lt: _compared(operator.lt),
    ast.LtE: _compared(operator.le),
    ast.Gt: _compared(operator.gt),
    ast.GtE: _compared(operator.ge),
}


def truth(value: object) -> bool | None:
    """Raises Unfit for what is neither true, false nor null."""
    if value is None or type(value) is bool:
        return value
    raise Unfit("not-a-truth-value")
