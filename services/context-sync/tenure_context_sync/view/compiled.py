"""A published view, ready to read rows: is this one readable, what else does it need, and what values come of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from tenure_context_sync.change.change import write_key
from tenure_context_sync.events import Aggregate, Column, ContextPublished, Field, Join
from tenure_context_sync.names import SourceName
from tenure_context_sync.view.expression import Expression, compiled
from tenure_context_sync.view.readable import Check, expected, reckonable, shaped
from tenure_context_sync.view.scope import Failure, Fields, Scope, Unfit

PRIMARY = "primary"


class Computed(NamedTuple):
    """One output; `groups` are the field groups that it is made of, `default` what is answered in its place."""

    column: Column
    expression: Expression
    groups: frozenset[str]
    default: object


class Joined(NamedTuple):
    """A join; `key_fields` are its source's key, in the order of `on`."""

    join: Join
    key_fields: tuple[str, ...]
    on: tuple[Expression, ...]


class Windowed(NamedTuple):
    """An aggregate; `entity_key` are the primary key's fields that its `by` fields equal, in order."""

    aggregate: Aggregate
    entity_key: tuple[str, ...]


class Reference(NamedTuple):
    """A field of the primary row that must be the key of a row of `source`."""

    field: str
    source: SourceName
    key_field: str


@dataclass(frozen=True, slots=True)
class CompiledView:
    """`joins` are in an order in which each needs only those before it; `fields` are what it reads of the primary,
    `personal` what it reads of any source that is sealed there."""

    published: ContextPublished
    fields: frozenset[str]
    columns: tuple[Computed, ...]
    joins: tuple[Joined, ...]
    windows: tuple[Windowed, ...]
    references: tuple[Reference, ...]
    reads: Mapping[SourceName, frozenset[str]]
    personal: Mapping[SourceName, frozenset[str]]
    checks: tuple[Check, ...]

    def readable(self, row: Fields) -> str | None:
        """Why this revision can't read the primary row; None if it can. Rows that it refers to are not looked for."""
        for check in self.checks:
            if reason := check(row):
                return reason
        return None

    def referred(self, row: Fields) -> list[tuple[SourceName, str]]:
        """The rows, by source and key, that must be there; a null refers to none."""
        return [
            (one.source, write_key({one.key_field: row[one.field]}))
            for one in self.references
            if row.get(one.field) is not None
        ]

    def values(self, scope: Scope) -> dict[str, object]:
        """Every output by name, aggregates included; a `Failure` where it can't be had."""
        found = dict(scope.aggregates)
        for column, expression, _, _ in self.columns:
            try:
                found[column.name] = expression.reckon(scope)
            except Unfit as unfit:
                found[column.name] = Failure(str(unfit))
        return found

    def groups(self) -> tuple[str, ...]:
        """The field groups: the primary row, each join, each aggregate."""
        joins, windows = [one.join.name for one in self.joins], [one.aggregate.name for one in self.windows]
        return (PRIMARY, *joins, *windows)


def join_key(joined: Joined, scope: Scope) -> str | None:
    """The key of the joined row; None where a part of it is null or can't be had."""
    parts = [expression.value(scope) for expression in joined.on]
    if any(part is None or isinstance(part, Failure) for part in parts):
        return None
    return write_key(dict(zip(joined.key_fields, parts, strict=True)))


Sources = tuple[tuple[SourceName, tuple[str, ...], tuple[Field, ...]], ...]


def compile_view(published: ContextPublished, sources: Sources) -> CompiledView:
    """`sources` are all that it names, each with its key and fields. It was checked when it was published."""
    view = published.view
    keys = {name: key for name, key, _ in sources}
    names = frozenset(one.name for one in view.aggregates)
    declared = {field.name: field for name, _, declared in sources if name == published.source for field in declared}
    columns = tuple(_computed(column, compiled(column.expression, names, declared)) for column in view.columns)
    joins = in_order(
        [Joined(one, keys[one.source], tuple(compiled(on, (), declared) for on in one.on)) for one in view.joins]
    )
    fields = _fields(published, columns, joins)
    reads = _reads(published, fields, columns, joins)
    personal = _personal(reads, sources)
    return CompiledView(
        published=published,
        fields=fields,
        columns=columns,
        joins=joins,
        windows=tuple(Windowed(one, published.entity_key) for one in view.aggregates),
        references=tuple(
            Reference(one.field, one.source, keys[one.source][0])
            for one in view.expectations
            if one.rule == "references" and one.source
        ),
        reads=reads,
        personal=personal,
        checks=(
            shaped([declared[name] for name in sorted(fields)]),
            *(expected(one) for one in view.expectations),
            *reckonable(
                [*(one.expression for one in columns), *(on for one in joins for on in one.on)],
                personal.get(published.source, frozenset()),
            ),
        ),
    )


def _personal(reads: Mapping[SourceName, frozenset[str]], sources: Sources) -> Mapping[SourceName, frozenset[str]]:
    """Only of sources of which it reads any."""
    marked = {name: frozenset(one.name for one in declared if one.personal) for name, _, declared in sources}
    return {name: found for name, fields in reads.items() if (found := fields & marked[name])}


def in_order(joins: Sequence[Joined]) -> tuple[Joined, ...]:
    """Each after those whose columns its key is made of; those that go in a circle are left out."""
    ordered: list[Joined] = []
    while ready := [one for one in joins if one not in ordered and _needs(one) <= {o.join.name for o in ordered}]:
        ordered += ready
    return tuple(ordered)


def _needs(joined: Joined) -> set[str]:
    return {alias for on in joined.on for alias, _ in on.joined}


def _computed(column: Column, expression: Expression) -> Computed:
    own = {PRIMARY} if expression.fields else set()
    groups = frozenset(own | {alias for alias, _ in expression.joined} | expression.aggregates)
    default = None if column.default is None else msgspec.json.decode(column.default)
    return Computed(column, expression, groups or frozenset((PRIMARY,)), default)


def _fields(published: ContextPublished, columns: Sequence[Computed], joins: Sequence[Joined]) -> frozenset[str]:
    expressions = [*(one.expression for one in columns), *(on for one in joins for on in one.on)]
    looked_at = {name for one in expressions for name in one.fields}
    return frozenset({*published.entity_key, *looked_at, *(one.field for one in published.view.expectations)})


def _reads(
    published: ContextPublished, fields: frozenset[str], columns: Sequence[Computed], joins: Sequence[Joined]
) -> Mapping[SourceName, frozenset[str]]:
    found: dict[SourceName, set[str]] = {published.source: set(fields)}
    pairs = {p for one in columns for p in one.expression.joined} | {p for j in joins for on in j.on for p in on.joined}
    for one in joins:
        found.setdefault(one.join.source, set()).update(
            one.key_fields, {column for alias, column in pairs if alias == one.join.name}
        )
    for window in published.view.aggregates:
        named = {*window.by, window.time_field, *((window.field,) if window.field else ())}
        found.setdefault(window.source, set()).update(named)
    for expectation in published.view.expectations:
        if expectation.source:
            found.setdefault(expectation.source, set())
    return {name: frozenset(fields) for name, fields in found.items()}
