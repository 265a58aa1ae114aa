"""Has each output of a view a column that holds whatever it comes to?"""

import pytest
from tenure_context_sync.erasure.personal import Personal
from tenure_context_sync.names import SourceName
from tenure_context_sync.snapshot.columns import Column, Token, columns_of
from tenure_context_sync.view.kinds import Kind, expression_kind

from tests.unit.context_sync.view.story import FIELDS, aggregate, column, compiled_view, join, view

TYPES = {SourceName(name): types for name, types in FIELDS.items()}
DECLARED: dict[str, Kind] = {"n": "whole", "x": "real", "t": "text", "b": "truth"}


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("n", "whole"),
        ("n + 1", "whole"),
        ("n // 2 - n % 3", "whole"),
        ("n / 2", "real"),
        ("n * x", "real"),
        ("-n", "whole"),
        ("t + 'a'", "text"),
        ("n > 1", "truth"),
        ("not b and x is None", "truth"),
        ("n in (1, 2)", "truth"),
        ("coalesce(n, 0)", "whole"),
        ("coalesce(n, x)", "real"),
        ("greatest(n, 1.5)", "real"),
        ("round(x)", "real"),
        ("round(n, 1)", "whole"),
        ("abs(x)", "real"),
        ("number(t)", "real"),
        ("length(t)", "whole"),
        ("upper(t)", "text"),
        ("instant(t)", "instant"),
        ("days_between(t, t)", "real"),
        ("n if b else None", "whole"),
        ("n if b else t", "text"),
        ("None", "text"),
        ("other.n * 2", "whole"),
    ],
)
def test_an_expressions_kind_is_known_without_a_row(expression: str, kind: Kind) -> None:
    assert expression_kind(expression, lambda alias, name: DECLARED[name]) == kind


def test_columns_are_the_outputs_that_the_key_has_not_each_of_its_kind() -> None:
    of = compiled_view(
        view(
            column("flight"),
            column("seats", "plane.seats"),
            column("late"),
            column("share", "delayed / hours"),
            joins=(join("plane", "planes", "tail"),),
            aggregates=(
                aggregate(),
                aggregate("newest", function="last", field="id"),
                aggregate("flown", function="count"),
            ),
        )
    )
    columns = columns_of(of, TYPES, {})
    assert columns.key == (Column("flight", "text"),)
    assert [(one.name, one.kind) for one in columns.values] == [
        ("seats", "whole"),
        ("late", "truth"),
        ("share", "real"),
        ("delayed", "real"),
        ("newest", "whole"),
        ("flown", "whole"),
    ]
    assert not columns.holds_personal


def test_a_personal_field_as_it_is_has_a_column_of_tokens_also_of_a_joined_row() -> None:
    of = compiled_view(
        view(
            column("plate", "tail"),
            column("maker", "plane.maker"),
            column("upper", "upper(plane.maker)"),
            joins=(join("plane", "planes", "flight"),),
        )
    )
    personal = {
        "flights": Personal("flights", "flight", frozenset({"tail"})),
        "planes": Personal("planes", "tail", frozenset({"maker"})),
    }
    assert columns_of(of, TYPES, personal).values == (
        Column("plate", "text", Token("primary", "tail", personal["flights"])),
        Column("maker", "text", Token("plane", "maker", personal["planes"])),
        Column("upper", "text"),
    )
