"""What is no view? Said when it is published, since nothing can be done about it once rows come."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from tenure_decider import Invalid, Unknown

from tenure_context_sync.events import Aggregate, Expectation, Join, View
from tenure_context_sync.names import SourceName
from tenure_context_sync.view.compiled import Joined, in_order
from tenure_context_sync.view.expression import BadExpression, Expression, compiled


class Declared(NamedTuple):
    """What a source declares."""

    key: tuple[str, ...]
    fields: tuple[str, ...]
    personal: frozenset[str] = frozenset()


Sources = Mapping[SourceName, Declared]


@dataclass(eq=False)
class FieldNotDeclared(Invalid):
    """Source {source} declares no field {missing}."""

    source: SourceName
    missing: tuple[str, ...]


@dataclass(eq=False)
class SourceNotRegistered(Unknown):
    """No source {source} is registered; register it before a context reads it."""

    source: SourceName


@dataclass(eq=False)
class ExpressionUnreadable(Invalid):
    """The expression {expression!r} of {name} is none: {why}."""

    name: str
    expression: str
    why: str


@dataclass(eq=False)
class JoinNotDeclared(Invalid):
    """{name} reads {alias}.{column}, but no join is called {alias}."""

    name: str
    alias: str
    column: str


@dataclass(eq=False)
class NameAmbiguous(Invalid):
    """{name} would mean more than one thing; give columns, aggregates and joins names of their own."""

    name: str


@dataclass(eq=False)
class JoinsGoInACircle(Invalid):
    """The joins {joins} wait for each other: a key is made of the primary row, or of joins that come before."""

    joins: tuple[str, ...]


@dataclass(eq=False)
class JoinDoesNotFitKey(Invalid):
    """Rows of {source} are found by {source_key}, so `on` of join {join} needs {wanted} expressions, not {given}."""

    join: str
    source: SourceName
    source_key: tuple[str, ...]
    wanted: int
    given: int


@dataclass(eq=False)
class AggregateWithoutTime(Invalid):
    """Aggregate {aggregate} needs a field of {source} that holds a row's time, and {time_field!r} is none."""

    aggregate: str
    source: SourceName
    time_field: str


@dataclass(eq=False)
class AggregateDoesNotFitKey(Invalid):
    """Aggregate {aggregate} is by {by}, which can't equal the entity's key {entity_key} field by field."""

    aggregate: str
    by: tuple[str, ...]
    entity_key: tuple[str, ...]


@dataclass(eq=False)
class AggregateWithoutField(Invalid):
    """Aggregate {aggregate} is a {function}, which needs a field; only a count can do without."""

    aggregate: str
    function: str


@dataclass(eq=False)
class WindowEmpty(Invalid):
    """The window of aggregate {aggregate} is {window_seconds} s long; it must be above zero."""

    aggregate: str
    window_seconds: int


@dataclass(eq=False)
class ExpectationIncomplete(Invalid):
    """The {rule} expectation of {field} needs {needs}."""

    field: str
    rule: str
    needs: str


@dataclass(eq=False)
class DefaultIsNotJson(Invalid):
    """The default of {column} is {default!r}, which is no JSON text."""

    column: str
    default: str


@dataclass(eq=False)
class PersonalFieldIsSealed(Invalid):
    """{name} can't look at {personal} of {source}: the store has personal fields sealed, and only columns are reckoned
    where they are open."""

    name: str
    source: SourceName
    personal: tuple[str, ...]


@dataclass(eq=False)
class TtlNotPositive(Invalid):
    """A row that expires after {ttl_seconds} s would never be there: a TTL must be above zero."""

    ttl_seconds: int


def demand_view(view: View, source: SourceName, entity_key: tuple[str, ...], sources: Sources) -> frozenset[str]:
    """The primary row's fields that the view reads. Raises the first rule that it breaks."""
    primary = find(sources, source)
    _demand_names(view, entity_key, primary)
    if view.ttl_seconds is not None and view.ttl_seconds <= 0:
        raise TtlNotPositive(view.ttl_seconds)
    aliases = {join.name: find(sources, join.source) for join in view.joins}
    expressions = [_readable(view, column.name, column.expression, primary) for column in view.columns]
    for column in view.columns:
        _demand_json(column.name, column.default)
    for join in view.joins:
        expressions += _demand_join(view, join, find(sources, join.source), source, primary)
    for name, expression in expressions:
        _demand_columns(name, expression, aliases, view)
    _demand_order(view.joins, primary)
    for aggregate in view.aggregates:
        _demand_aggregate(aggregate, entity_key, find(sources, aggregate.source))
    for expectation in view.expectations:
        _demand_expectation(expectation, sources)
        if expectation.rule != "not_null":
            _demand_open(f"the {expectation.rule} expectation", source, {expectation.field}, primary)
    fields = {name for _, one in expressions for name in one.fields} | {one.field for one in view.expectations}
    _demand_declared(source, fields, primary)
    return frozenset(fields)


def find(sources: Sources, source: SourceName) -> Declared:
    """Raises SourceNotRegistered."""
    try:
        return sources[source]
    except KeyError:
        raise SourceNotRegistered(source) from None


def _demand_names(view: View, entity_key: tuple[str, ...], primary: Declared) -> None:
    """Outputs differ from each other; what an expression can name bare differs too."""
    aggregates = [one.name for one in view.aggregates]
    outputs = [*(one.name for one in view.columns), *aggregates]
    looked_up = [*aggregates, *(one.name for one in view.joins), *primary.fields, "primary"]
    # A column may repeat a field of the key under its own name, where it means the same.
    clash = {one.name for one in view.columns if one.name in entity_key and one.expression.strip() != one.name}
    for name in (*_twice(outputs), *_twice(looked_up), *sorted(clash)):
        raise NameAmbiguous(name)


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _readable(view: View, name: str, text: str, primary: Declared) -> tuple[str, Expression]:
    try:
        return name, compiled(text, [one.name for one in view.aggregates], primary.fields)
    except BadExpression as bad:
        raise ExpressionUnreadable(name, text, str(bad)) from None


def _demand_json(column: str, default: str | None) -> None:
    try:
        msgspec.json.decode(default if default is not None else "null")
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise DefaultIsNotJson(column, default or "") from None


def _demand_join(
    view: View, join: Join, joined: Declared, source: SourceName, primary: Declared
) -> list[tuple[str, Expression]]:
    if len(join.on) != len(joined.key):
        raise JoinDoesNotFitKey(join.name, join.source, joined.key, len(joined.key), len(join.on))
    expressions = [_readable(view, join.name, on, primary) for on in join.on]
    for name, expression in expressions:
        if expression.aggregates:
            raise ExpressionUnreadable(name, expression.text, "a key is not made of aggregates")
        _demand_open(name, source, expression.fields, primary)
    return expressions


def _demand_columns(name: str, expression: Expression, aliases: Mapping[str, Declared], view: View) -> None:
    for alias, column in sorted(expression.joined):
        if alias not in aliases:
            raise JoinNotDeclared(name, alias, column)
        source = next(join.source for join in view.joins if join.name == alias)
        _demand_declared(source, {column}, aliases[alias])


def _demand_order(joins: Sequence[Join], primary: Declared) -> None:
    ordered = in_order([Joined(one, (), tuple(compiled(on, (), primary.fields) for on in one.on)) for one in joins])
    if waiting := {one.name for one in joins} - {one.join.name for one in ordered}:
        raise JoinsGoInACircle(tuple(sorted(waiting)))


def _demand_declared(source: SourceName, names: Iterable[str], declared: Declared) -> None:
    if missing := tuple(sorted(set(names) - set(declared.fields))):
        raise FieldNotDeclared(source, missing)


def _demand_aggregate(aggregate: Aggregate, entity_key: tuple[str, ...], declared: Declared) -> None:
    if aggregate.time_field not in declared.fields:
        raise AggregateWithoutTime(aggregate.name, aggregate.source, aggregate.time_field)
    if len(aggregate.by) != len(entity_key) or len(set(aggregate.by)) != len(aggregate.by):
        raise AggregateDoesNotFitKey(aggregate.name, aggregate.by, entity_key)
    if aggregate.window_seconds <= 0:
        raise WindowEmpty(aggregate.name, aggregate.window_seconds)
    if aggregate.field is None and aggregate.function != "count":
        raise AggregateWithoutField(aggregate.name, aggregate.function)
    named = {*aggregate.by, *filter(None, (aggregate.field,))}
    _demand_declared(aggregate.source, named, declared)
    _demand_open(aggregate.name, aggregate.source, named | {aggregate.time_field}, declared)


def _demand_open(name: str, source: SourceName, fields: Iterable[str], declared: Declared) -> None:
    if sealed := tuple(sorted(declared.personal.intersection(fields))):
        raise PersonalFieldIsSealed(name, source, sealed)


def _demand_expectation(expectation: Expectation, sources: Sources) -> None:
    limits = [limit for limit in (expectation.minimum, expectation.maximum) if limit is not None]
    if expectation.rule == "range" and (not limits or limits != sorted(limits)):
        raise ExpectationIncomplete(expectation.field, "range", "a minimum or a maximum, in this order")
    if expectation.rule != "references":
        return
    if expectation.source is None:
        raise ExpectationIncomplete(expectation.field, "references", "the source whose row must be there")
    if len(find(sources, expectation.source).key) != 1:
        needs = f"a source of a single key field, unlike {expectation.source}"
        raise ExpectationIncomplete(expectation.field, "references", needs)
