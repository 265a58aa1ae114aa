"""By which schemas are framed Avro records read?"""

from dataclasses import replace

from tenure_context_sync.events import SourceSchemaAdded
from tenure_context_sync.source.commands import AddSourceSchema
from tenure_context_sync.source.decider import MOST_SCHEMAS, source_decider
from tenure_context_sync.source.rules import NotAvro, SchemaIsFixed, SchemaUnusable, SourceUnknown, TooManySchemas
from tenure_decider import given

from tests.unit.context_sync.story import ENGINEER, NOON, OBSERVATIONS, registered

framed = replace(registered, format="avro")
add = AddSourceSchema(source=OBSERVATIONS, schema_id=7, schema='"string"', refused=None, principal=ENGINEER, now=NOON)
added = SourceSchemaAdded(source=OBSERVATIONS, schema_id=7, schema='"string"', added_by=ENGINEER, added_at=NOON)


def test_a_schema_is_added_under_its_number() -> None:
    given(source_decider, framed).when(add).then(added)


def test_adding_it_again_changes_nothing() -> None:
    given(source_decider, framed, added).when(add).then_nothing()


def test_a_schema_never_changes_under_its_number() -> None:
    given(source_decider, framed, added).when(replace(add, schema='"long"')).then_rejected(
        SchemaIsFixed, source=OBSERVATIONS, schema_id=7
    )


def test_a_schema_by_which_nothing_can_be_read_is_refused_with_the_reason() -> None:
    given(source_decider, framed).when(replace(add, refused="no schema")).then_rejected(
        SchemaUnusable, schema_id=7, reason="no schema"
    )


def test_only_an_avro_source_has_schemas() -> None:
    given(source_decider, registered).when(add).then_rejected(NotAvro, source=OBSERVATIONS, format="debezium")


def test_an_unknown_source_has_none() -> None:
    given(source_decider).when(add).then_rejected(SourceUnknown, source=OBSERVATIONS)


def test_schemas_have_a_limit() -> None:
    full = [replace(added, schema_id=1_000 + number) for number in range(MOST_SCHEMAS)]
    given(source_decider, framed, *full).when(add).then_rejected(
        TooManySchemas, source=OBSERVATIONS, limit=MOST_SCHEMAS
    )
