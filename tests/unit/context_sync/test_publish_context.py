"""Which views over sources do models read?"""

from dataclasses import replace

from tenure_context_sync.context.commands import PublishContext
from tenure_context_sync.context.decider import context_decider, plain
from tenure_context_sync.context.rejections import KeyIsNotTheSources, RevisionIsFixed, RevisionOutOfOrder
from tenure_context_sync.context.rules import FieldNotDeclared, SourceNotRegistered
from tenure_decider import given

from tests.unit.context_sync.story import OBSERVATIONS, WEATHER, publish, published

BOTH = plain(("origin", "wind"))
following = replace(published, revision=2, fields=("origin", "wind"), view=BOTH)


def of(*fields: str, revision: int | None = 1) -> PublishContext:
    return replace(publish, view=plain(fields), revision=revision)


def test_the_first_revision_is_published() -> None:
    given(context_decider).when(publish).then(published)


def test_publishing_it_again_changes_nothing() -> None:
    given(context_decider, published).when(publish).then_nothing()


def test_the_next_revision_may_say_something_else() -> None:
    given(context_decider, published).when(of("origin", "wind", revision=2)).then(following)


def test_without_a_number_it_is_the_next_revision() -> None:
    given(context_decider).when(of("wind", revision=None)).then(published)
    given(context_decider, published).when(of("origin", "wind", revision=None)).then(following)


def test_without_a_number_the_newest_again_changes_nothing_but_an_older_one_is_new() -> None:
    given(context_decider, published).when(of("wind", revision=None)).then_nothing()
    given(context_decider, published, following).when(of("wind", revision=None)).then(replace(published, revision=3))


def test_a_revision_never_changes() -> None:
    given(context_decider, published).when(of("origin")).then_rejected(
        RevisionIsFixed, context=WEATHER, revision=1, next_revision=2
    )


def test_not_even_whether_it_needs_approval() -> None:
    given(context_decider, published).when(replace(publish, needs_approval=True)).then_rejected(
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
    given(context_decider).when(of("gust")).then_rejected(FieldNotDeclared, source=OBSERVATIONS, missing=("gust",))


def test_it_needs_its_source() -> None:
    given(context_decider).when(replace(publish, sources={})).then_rejected(SourceNotRegistered, source=OBSERVATIONS)


def test_it_is_read_by_the_sources_whole_key() -> None:
    given(context_decider).when(replace(publish, entity_key=("wind",))).then_rejected(
        KeyIsNotTheSources, source=OBSERVATIONS, source_key=("origin",), entity_key=("wind",)
    )
