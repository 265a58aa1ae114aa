"""Which columns has a table of a revision, what do they hold, and which of them are personal?

A column that is a personal field as it is holds its token. Nothing is reckoned with personal values, so what an
expression makes of them is null, before an erasure as after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tenure_context_sync.erasure.personal import Personal
from tenure_context_sync.names import SourceName
from tenure_context_sync.view.compiled import PRIMARY, CompiledView, Computed
from tenure_context_sync.view.kinds import Kind, aggregate_kind, declared_kind, expression_kind

Types = Mapping[SourceName, Mapping[str, str]]
"""A source's words for its fields' types."""


class Token(NamedTuple):
    """Where a column's tokens come from: a field of a group's row, which is about a subject."""

    group: str
    field: str
    personal: Personal


class Column(NamedTuple):
    name: str
    kind: Kind
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """`key` are the entity's; `values` what the view answers, and the key has not."""

    key: tuple[Column, ...]
    values: tuple[Column, ...]

    @property
    def holds_personal(self) -> bool:
        return any(one.token for one in self.values)


def columns_of(view: CompiledView, types: Types, personal: Mapping[str, Personal]) -> Columns:
    """`types` of every source that the view names; `personal` of those that have any."""
    said = view.published
    primary = types[said.source]
    key = tuple(Column(name, declared_kind(primary.get(name, ""))) for name in said.entity_key)
    computed = [_computed(view, one, types, personal) for one in view.columns if one.column.name not in said.entity_key]
    return Columns(key, (*computed, *(Column(name, kind) for name, kind in _aggregates(view, types).items())))


def _computed(view: CompiledView, one: Computed, types: Types, personal: Mapping[str, Personal]) -> Column:
    sources = {PRIMARY: view.published.source} | {join.join.name: join.join.source for join in view.joins}
    aggregates = _aggregates(view, types)

    def known(alias: str | None, name: str) -> Kind:
        if alias is None and name in aggregates:
            return aggregates[name]
        return declared_kind(types[sources[alias or PRIMARY]].get(name, ""))

    place = _as_it_is(one)
    if place is None:
        return Column(one.column.name, expression_kind(one.expression.text, known))
    group, field = place
    whose = personal.get(sources[group])
    if whose and whose.covers(field):
        return Column(one.column.name, "text", Token(group, field, whose))
    return Column(one.column.name, known(None if group == PRIMARY else group, field))


def _as_it_is(one: Computed) -> tuple[str, str] | None:
    """Group and field, where the column is a field and no more."""
    text = one.expression.text.strip()
    if text in one.expression.fields:
        return PRIMARY, text
    return next(((alias, field) for alias, field in one.expression.joined if text == f"{alias}.{field}"), None)


def _aggregates(view: CompiledView, types: Types) -> dict[str, Kind]:
    return {
        one.name: aggregate_kind(one, declared_kind(types[one.source].get(one.field or "", "")))
        for one, _ in view.windows
    }
