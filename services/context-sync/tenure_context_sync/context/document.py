"""How is a context written, in YAML or JSON?"""

from typing import Annotated, Any

import msgspec
from pydantic import Field as Limit
from pydantic import JsonValue
from tenure_service import Body, Name

from tenure_context_sync.events import Aggregate, Column, Expectation, Join, View
from tenure_context_sync.names import Function, Rule, SourceName

MOST_COLUMNS, MOST_PARTS = 500, 20
LONGEST_WINDOW_SECONDS = 366 * 86_400
ColumnName = Annotated[str, Limit(min_length=1, max_length=200)]
ColumnNames = Annotated[tuple[ColumnName, ...], Limit(min_length=1, max_length=MOST_COLUMNS)]
# What an expression can name.
Word = Annotated[str, Limit(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Expressed = Annotated[str, Limit(min_length=1, max_length=1_000)]
Seconds = Annotated[int, Limit(gt=0, le=LONGEST_WINDOW_SECONDS)]


class ColumnBody(Body):
    """A value with what is answered where an SLA says to fall back; without a default that is null."""

    expression: Expressed
    default: JsonValue = None


class JoinBody(Body):
    """A row of another source, by its whole key: `on` gives the key's parts, in its order."""

    source: Name
    on: Annotated[tuple[Expressed, ...], Limit(min_length=1, max_length=20)]


class AggregateBody(Body):
    """Over rows of a source whose `by` fields are the entity's key, in its order, in the newest window."""

    source: Name
    by: ColumnNames
    time_field: ColumnName
    window_seconds: Seconds
    function: Function
    field: ColumnName | None = None


class ExpectationBody(Body):
    """What must hold of a field of the primary row: `range` has limits, `references` a source."""

    field: ColumnName
    rule: Rule
    minimum: float | None = None
    maximum: float | None = None
    source: Name | None = None


class ContextDocument(Body):
    """A view over a primary source. `fields` are columns under their own names; `columns` are made by expressions."""

    source: Name
    entity_key: ColumnNames
    fields: Annotated[tuple[ColumnName, ...], Limit(max_length=MOST_COLUMNS)] = ()
    columns: Annotated[dict[Word, Expressed | ColumnBody], Limit(default_factory=dict, max_length=MOST_COLUMNS)]
    joins: Annotated[dict[Word, JoinBody], Limit(default_factory=dict, max_length=MOST_PARTS)]
    aggregates: Annotated[dict[Word, AggregateBody], Limit(default_factory=dict, max_length=MOST_PARTS)]
    expectations: Annotated[tuple[ExpectationBody, ...], Limit(max_length=MOST_COLUMNS)] = ()
    ttl_seconds: Seconds | None = None
    needs_approval: bool = False


def view_of(document: ContextDocument) -> View:
    """As events have it, in the document's order."""
    plain = [Column(name=name, expression=name, default=None) for name in document.fields]
    return View(
        columns=(*plain, *(_column(name, said) for name, said in document.columns.items())),
        joins=tuple(
            Join(name=name, source=SourceName(said.source), on=said.on) for name, said in document.joins.items()
        ),
        aggregates=tuple(
            Aggregate(name=name, **{**dict(said), "source": SourceName(said.source)})
            for name, said in document.aggregates.items()
        ),
        expectations=tuple(
            Expectation(**{**dict(said), "source": SourceName(said.source) if said.source else None})
            for said in document.expectations
        ),
        ttl_seconds=document.ttl_seconds,
    )


def sources_of(document: ContextDocument) -> frozenset[str]:
    """All that it names."""
    others = [*(one.source for one in document.joins.values()), *(one.source for one in document.aggregates.values())]
    return frozenset({document.source, *others, *(one.source for one in document.expectations if one.source)})


def schema() -> dict[str, Any]:
    """The JSON Schema of a document, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ContextDocument.model_json_schema()}


def _column(name: str, said: str | ColumnBody) -> Column:
    if isinstance(said, str):
        return Column(name=name, expression=said, default=None)
    given = "default" in said.model_fields_set
    return Column(
        name=name, expression=said.expression, default=msgspec.json.encode(said.default).decode() if given else None
    )
