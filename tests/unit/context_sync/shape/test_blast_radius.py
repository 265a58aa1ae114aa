"""Whom does a change hit?"""

from tenure_context_sync.events import Field, FieldChange, ReleaseHit, SlaHit
from tenure_context_sync.names import ContextName, FieldChangeKind, ModelName, ModelVersion
from tenure_context_sync.shape.blast import Reads, blast_radius
from tenure_context_sync.shape.rehearsal import Rehearsal, reshaper

WEATHER, STORMS = ContextName("weather"), ContextName("storms")
READS = (Reads(WEATHER, 1, frozenset({"wind"})), Reads(STORMS, 2, frozenset({"gust", "wind"})))
SLA = SlaHit(
    model=ModelName("delays"),
    model_version=ModelVersion("1"),
    context=WEATHER,
    revision=1,
    max_age_seconds=60,
    on_breach="alert",
)
RELEASE = ReleaseHit(deployment="delays@production", release="delays-1", serving=True)


def change(kind: FieldChangeKind, field: str) -> FieldChange:
    return FieldChange(kind=kind, field=field, before=None, after=None, probable=False)


def test_who_reads_a_renamed_field_can_not_go_on_and_takes_slas_and_releases_with_it() -> None:
    hit = blast_radius([change("renamed", "wind")], READS, {(WEATHER, 1): [SLA]}, {(WEATHER, 1): [RELEASE]})
    assert [(c.context, c.revision, c.fields, c.readable) for c in hit.contexts] == [
        (STORMS, 2, ("wind",), False),
        (WEATHER, 1, ("wind",), False),
    ]
    assert (hit.slas, hit.releases) == ((SLA,), (RELEASE,))


def test_a_narrowed_field_hits_and_can_still_be_read() -> None:
    [hit] = blast_radius([change("narrowed", "gust")], READS, {}, {}).contexts
    assert (hit.context, hit.readable) == (STORMS, True)


def test_what_is_only_added_hits_nobody() -> None:
    assert blast_radius([change("added", "wind")], READS, {(WEATHER, 1): [SLA]}, {}) == ((), (), ())


def test_a_release_that_serves_by_two_hit_contexts_is_told_once() -> None:
    released = {(WEATHER, 1): [RELEASE], (STORMS, 2): [RELEASE]}
    assert blast_radius([change("removed", "wind")], READS, {}, released).releases == (RELEASE,)


BEFORE = (Field(name="id", type="string", personal=False), Field(name="wind", type="double", personal=False))


def test_a_rehearsal_counts_for_each_revision_what_it_could_still_read_and_why_not_the_rest() -> None:
    after = (BEFORE[0], Field(name="wind", type="int16", personal=False))
    rows = [("a", {"id": "a", "wind": 3.0}), ("b", {"id": "b", "wind": 3.5}), ("c", {"id": "c", "wind": 70_000.0})]
    rehearsal = Rehearsal(reshaper(BEFORE, after, {}), {"weather@1": lambda row: None})
    for key, row in rows:
        rehearsal.give(key, row)
    outcome = rehearsal.outcomes["weather@1"]
    assert (outcome.readable, outcome.broken) == (1, {"wind does not fit int16": 2})
    assert outcome.examples == {"wind does not fit int16": ["b", "c"]}


def test_a_rehearsed_rename_gives_the_new_name_the_old_value() -> None:
    after = (BEFORE[0], Field(name="speed", type="double", personal=False))
    assert reshaper(BEFORE, after, {"wind": "speed"})({"id": "a", "wind": 2.5}) == {"id": "a", "speed": 2.5}
    assert reshaper(BEFORE, after, {})({"id": "a", "wind": 2.5}) == {"id": "a", "speed": None}


def test_a_field_that_may_not_be_null_any_more_breaks_the_rows_where_it_is() -> None:
    after = (BEFORE[0], Field(name="wind", type="double", personal=False, nullable=False))
    assert reshaper(BEFORE, after, {})({"id": "a", "wind": None}) == "wind would be null"
