"""A view that has everything: flights, with their plane and its maker, the weather that there was, and the delays."""

from datetime import UTC, datetime
from typing import Any

from tenure_context_sync.context.rules import Declared
from tenure_context_sync.events import Aggregate, Column, ContextPublished, Expectation, Field, Join, View
from tenure_context_sync.names import ContextName, PrincipalId, SourceName
from tenure_context_sync.view.compiled import CompiledView, compile_view

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TYPES = {"flight": "string", "tail": "string", "hours": "double", "late": "boolean", "crew": "integer"}
FIELDS = {
    "flights": {**TYPES, "note": "odd"},
    "planes": {"tail": "string", "maker": "string", "seats": "integer"},
    "makers": {"maker": "string", "country": "string"},
    "delays": {"id": "integer", "flight": "string", "at": "string", "minutes": "double"},
    "legs": {"company": "string", "leg": "integer"},
}
KEYS = {
    "flights": ("flight",),
    "planes": ("tail",),
    "makers": ("maker",),
    "delays": ("id",),
    "legs": ("company", "leg"),
}
SOURCES = {SourceName(name): Declared(KEYS[name], tuple(fields)) for name, fields in FIELDS.items()}
ALL = tuple(
    (
        SourceName(name),
        KEYS[name],
        tuple(Field(name=f, type=t, personal=False, nullable=f not in KEYS[name]) for f, t in fields.items()),
    )
    for name, fields in FIELDS.items()
)


def column(name: str, expression: str | None = None, default: str | None = None) -> Column:
    return Column(name=name, expression=expression or name, default=default)


def join(name: str, source: str, *on: str) -> Join:
    return Join(name=name, source=SourceName(source), on=on)


def aggregate(name: str = "delayed", **other: Any) -> Aggregate:
    said = {"source": SourceName("delays"), "by": ("flight",), "time_field": "at", "window_seconds": 3_600}
    return Aggregate(**{"name": name, **said, "function": "sum", "field": "minutes", **other})


def expectation(field: str, rule: str, **other: Any) -> Expectation:
    said: dict[str, Any] = {"minimum": None, "maximum": None, "source": None, **other}
    return Expectation(field=field, rule=rule, **said)  # type: ignore[arg-type]  # one of the rules


def view(*columns: Column, **other: Any) -> View:
    said: dict[str, Any] = {"joins": (), "aggregates": (), "expectations": (), "ttl_seconds": None, **other}
    return View(columns=columns or (column("hours"),), **said)


EVERYTHING = view(
    column("busy", "hours * 2"),
    column("seats", "plane.seats", "100"),
    column("country", "upper(maker.country)"),
    column("bad", "delayed > 60"),
    joins=(join("maker", "makers", "plane.maker"), join("plane", "planes", "tail")),
    aggregates=(aggregate(),),
    expectations=(
        expectation("hours", "range", minimum=0, maximum=24),
        expectation("tail", "references", source=SourceName("planes")),
        expectation("crew", "not_null"),
    ),
)


def published(of: View = EVERYTHING, revision: int = 1) -> ContextPublished:
    return ContextPublished(
        context=ContextName("journeys"),
        revision=revision,
        source=SourceName("flights"),
        entity_key=("flight",),
        fields=("hours", "tail"),
        view=of,
        needs_approval=False,
        published_by=PrincipalId("p-engineer"),
        published_at=NOON,
    )


def compiled_view(of: View = EVERYTHING) -> CompiledView:
    return compile_view(published(of), ALL)
