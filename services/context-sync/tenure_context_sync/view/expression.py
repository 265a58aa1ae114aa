"""What does an expression of a view come to? A small part of Python's grammar that can only look and reckon.

Only what is named here is compiled, to closures, once; the text is never handed to the interpreter. What a row does to
it is a `Failure`, never an exception.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tenure_context_sync.view import scope as scopes
from tenure_context_sync.view.functions import COALESCE, FUNCTIONS, MOST_ARGUMENTS, a_number, checked, same_family
from tenure_context_sync.view.operators import ARITHMETIC, COMPARISONS, Binary, truth
from tenure_context_sync.view.scope import LARGEST, Failure, Scope, Unfit, known

LONGEST, DEEPEST = 1_000, 50
Node = Callable[[Scope], object]


class BadExpression(ValueError):
    """The text is no expression of a view; the message says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`fields` are the primary row's, `joined` pairs of alias and column, `aggregates` names; `reckon` raises Unfit."""

    text: str
    fields: frozenset[str]
    joined: frozenset[tuple[str, str]]
    aggregates: frozenset[str]
    reckon: Node

    def value(self, scope: Scope) -> object:
        """The value, or the `Failure`."""
        try:
            return self.reckon(scope)
        except Unfit as unfit:
            return Failure(str(unfit))


def compiled(text: str, aggregates: Collection[str] = (), fields: Collection[str] = ()) -> Expression:
    """A bare name is an aggregate if it is one of these, else the primary row's field; a text that is one of `fields`
    to the letter means that field, whatever it looks like. Raises BadExpression.
    """
    if text in fields:
        return Expression(
            text, frozenset((text,)), frozenset(), frozenset(), lambda scope: scopes.field(text, scope.row)
        )
    if len(text) > LONGEST:
        raise BadExpression(f"it is longer than {LONGEST} characters")
    compiler = _Compiler(frozenset(aggregates))
    node = compiler.node(_parsed(text), 0)
    used = (compiler.fields, compiler.joined, compiler.used)
    return Expression(text, frozenset(used[0]), frozenset(used[1]), frozenset(used[2]), node)


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of style, and for who wrote the text, not for who runs the service
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadExpression("it can't be read") from None


@dataclass(slots=True)
class _Compiler:
    """Turns a tree into closures, and notes what they look at."""

    aggregates: frozenset[str]
    fields: set[str] = field(default_factory=set)
    joined: set[tuple[str, str]] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def node(self, tree: ast.expr, depth: int) -> Node:
        """Raises BadExpression for whatever is not named here."""
        if depth > DEEPEST:
            raise BadExpression(f"it is nested more than {DEEPEST} deep")
        match tree:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=ast.Name(id=alias), attr=column):
                return self._column(alias, column)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return _binary(ARITHMETIC[type(op)], self.node(left, depth + 1), self.node(right, depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _null_through(lambda value: -a_number(value), self.node(operand, depth + 1))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _null_through(lambda value: not truth(value), self.node(operand, depth + 1))
            case ast.BoolOp(op=op, values=values):
                return _all_or_any(isinstance(op, ast.Or), [self.node(value, depth + 1) for value in values])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _choice(*(self.node(part, depth + 1) for part in (test, body, orelse)))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(op, left, right, depth + 1)
            case ast.Compare():
                raise BadExpression("comparisons are joined by `and`")
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return _call(name, [self.node(argument, depth + 1) for argument in arguments])
            case _:
                raise BadExpression(f"{type(tree).__name__} is not part of the language")

    def _name(self, name: str) -> Node:
        if name in self.aggregates:
            self.used.add(name)
            return lambda scope: scopes.field(name, scope.aggregates)
        self.fields.add(name)
        return lambda scope: scopes.field(name, scope.row)

    def _column(self, alias: str, column: str) -> Node:
        self.joined.add((alias, column))

        def looked_up(scope: Scope) -> object:
            row = scope.joined.get(alias)
            return None if row is None else scopes.field(column, row)

        return looked_up

    def _comparison(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Node:
        one = self.node(left, depth)
        match op, right:
            case ((ast.Is() | ast.IsNot()), ast.Constant(value=None)):
                wanted = isinstance(op, ast.Is)
                return lambda scope: (one(scope) is None) is wanted
            case ((ast.In() | ast.NotIn()), (ast.Tuple(elts=parts) | ast.List(elts=parts))) if parts:
                return _among(isinstance(op, ast.In), one, [self.node(part, depth) for part in parts])
            case _ if type(op) in COMPARISONS:
                return _binary(COMPARISONS[type(op)], one, self.node(right, depth))
            case _:
                raise BadExpression("`is` goes with None, and `in` with a list in brackets")


def _constant(value: object) -> Node:
    if value is not None and type(value) not in (bool, int, float, str):
        raise BadExpression(f"a {type(value).__name__} is not part of the language")
    if type(value) is int and abs(value) > LARGEST:
        raise BadExpression("a number in it is too large")
    try:
        checked(value)
        str(value).encode()  # Python's escapes can write half of a character
    except Unfit as unfit:
        raise BadExpression(f"a constant in it is {unfit}") from None
    except UnicodeEncodeError:
        raise BadExpression("a constant in it is no text") from None
    return lambda scope: value


def _binary(apply: Binary, left: Node, right: Node) -> Node:
    def reckoned(scope: Scope) -> object:
        one, other = left(scope), right(scope)
        return None if one is None or other is None else apply(one, other)

    return reckoned


def _null_through(apply: Callable[[object], object], operand: Node) -> Node:
    def reckoned(scope: Scope) -> object:
        value = operand(scope)
        return None if value is None else apply(value)

    return reckoned


def _all_or_any(decides: bool, operands: list[Node]) -> Node:
    """`or` is decided by the first true, `and` by the first false; else null where one of them is. As in SQL."""

    def reckoned(scope: Scope) -> object:
        result: bool | None = not decides
        for operand in operands:
            value = truth(operand(scope))
            if value is decides:
                return decides
            result = None if value is None else result
        return result

    return reckoned


def _choice(test: Node, body: Node, orelse: Node) -> Node:
    return lambda scope: body(scope) if truth(test(scope)) else orelse(scope)


def _among(wanted: bool, one: Node, parts: list[Node]) -> Node:
    def reckoned(scope: Scope) -> object:
        value, others = one(scope), [part(scope) for part in parts]
        if value is None:
            return None
        there = [other for other in others if other is not None]
        same_family(value, *there)
        return (value in there) is wanted if value in there or len(there) == len(others) else None

    return reckoned


def _call(name: str, arguments: list[Node]) -> Node:
    if name == COALESCE and 1 <= len(arguments) <= MOST_ARGUMENTS:
        return lambda scope: next((v for one in arguments if (v := one(scope)) is not None), None)
    function = FUNCTIONS.get(name)
    if function is None:
        raise BadExpression(f"there is no function {name}: {', '.join(sorted([*FUNCTIONS, COALESCE]))}")
    if not function.least <= len(arguments) <= function.most:
        raise BadExpression(f"{name} takes {function.least} to {function.most} arguments")
    call = function.call

    def called(scope: Scope) -> object:
        values = [one(scope) for one in arguments]
        return None if None in values else checked(known(call(*values)))

    return called
