"""When is a change of a source's schema told, and what are its fields from then on?"""

from dataclasses import replace
from datetime import timedelta

from tenure_context_sync.events import Field, SourceSchemaChanged
from tenure_context_sync.shape.blast import BlastRadius
from tenure_context_sync.shape.watch import Announced, Observed, fields_by
from tenure_context_sync.source.commands import NoteSchema
from tenure_context_sync.source.decider import source_decider
from tenure_context_sync.source.rules import SourceUnknown
from tenure_context_sync.source.state import evolve
from tenure_decider import given

from tests.unit.context_sync.story import NOON, OBSERVATIONS, registered

LATER = NOON + timedelta(minutes=1)
DECLARED = registered.fields
RENAMED = tuple(replace(one, name="speed") if one.name == "wind" else one for one in DECLARED)
note = NoteSchema(
    source=OBSERVATIONS,
    fields=RENAMED,
    announced=False,
    hit=BlastRadius((), (), ()),
    position=7,
    partition=1,
    offset=3,
    now=LATER,
)


def told(*before: object) -> SourceSchemaChanged:
    state = evolve(None, registered)
    event = source_decider.decide(state, note)
    assert isinstance(event, SourceSchemaChanged)
    return event


def test_a_rename_is_told_as_breaking_with_the_place_that_shows_it() -> None:
    event = told()
    given(source_decider, registered).when(note).then(event)
    [change] = event.changes
    assert (change.kind, change.field, change.after, change.probable) == ("renamed", "wind", "speed", True)
    assert (event.change_class, event.fields, event.position, event.offset) == ("breaking", RENAMED, 7, 3)
    assert event.schema_digest != event.previous_digest


def test_it_is_told_once() -> None:
    given(source_decider, registered, told()).when(note).then_nothing()


def test_what_is_not_registered_has_no_schema() -> None:
    given(source_decider).when(note).then_rejected(SourceUnknown, source=OBSERVATIONS)


def test_a_view_reads_the_fields_of_its_own_time() -> None:
    """Also one that is gone meanwhile, and one that came in the same moment."""
    narrowed = replace(told(), fields=tuple(replace(one, type="integer") for one in RENAMED))
    source = evolve(evolve(None, registered), narrowed)
    before, after = ({one.name: one.type for one in source.fields_at(at)} for at in (NOON, LATER))
    assert (before["wind"], before["origin"], before["speed"]) == ("double", "string", "integer")
    assert (after["wind"], after["origin"], after["speed"]) == ("double", "integer", "integer")


PERSONAL = (Field(name="id", type="string", personal=False), Field(name="mail", type="string", personal=True))


def test_a_field_that_nobody_declared_is_personal_where_a_source_has_personal_data() -> None:
    for look in (
        Observed((("id", "string"), ("email", "string"))),
        Announced(
            (Field(name="id", type="string", personal=False), Field(name="email", type="string", personal=False))
        ),
    ):
        marks = {one.name: one.personal for one in fields_by(look, PERSONAL, whole=True)}
        assert marks == {"id": False, "email": True}


def test_what_a_document_leaves_out_is_not_gone() -> None:
    look = Observed((("id", "string"),))
    assert [one.name for one in fields_by(look, PERSONAL, whole=True)] == ["id"]
    assert [one.name for one in fields_by(look, PERSONAL, whole=False)] == ["id", "mail"]
