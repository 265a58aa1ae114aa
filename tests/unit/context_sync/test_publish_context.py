"""Which views over sources do models read?"""

from dataclasses import replace

from tenure_context_sync.context.decider import (
    FieldNotDeclared,
    KeyIsNotTheSources,
    RevisionIsFixed,
    RevisionOutOfOrder,
    context_decider,
    plain,
)
from tenure_decider import given

from tests.unit.context_sync.story import OBSERVATIONS, WEATHER, publish, published


def test_the_first_revision_is_published() -> None:
    given(context_decider).when(publish).then(published)


def test_publishing_it_again_changes_nothing() -> None:
    given(context_decider, published).when(publish).then_nothing()


def test_the_next_revision_may_say_something_else() -> None:
    given(context_decider, published).when(replace(publish, revision=2, fields=("origin", "wind"))).then(
        replace(published, revision=2, fields=("origin", "wind"), view=plain(("origin", "wind")))
    )


def test_a_revision_never_changes() -> None:
    given(context_decider, published).when(replace(publish, fields=("origin",))).then_rejected(
        RevisionIsFixed, context=WEATHER, revision=1, next_revision=2
    )


def test_revisions_count_without_a_gap() -> None:
    given(context_decider, published).when(replace(publish, revision=3)).then_rejected(
        RevisionOutOfOrder, context=WEATHER, revision=3, next_revision=2
    )


def test_revisions_begin_with_one() -> None:
    given(context_decider).when(replace(publish, revision=2)).then_rejected(
        RevisionOutOfOrder, context=WEATHER, revision=2, next_revision=1
    )


def test_its_fields_are_declared_by_the_source() -> None:
    given(context_decider).when(replace(publish, fields=("gust",))).then_rejected(
        FieldNotDeclared, source=OBSERVATIONS, missing=("gust",)
    )


def test_it_is_read_by_the_sources_whole_key() -> None:
    given(context_decider).when(replace(publish, entity_key=("wind",))).then_rejected(
        KeyIsNotTheSources, source=OBSERVATIONS, source_key=("origin",), entity_key=("wind",)
    )
