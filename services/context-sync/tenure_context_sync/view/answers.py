"""How old is what a read answers, is that good enough for who asks, and what is answered where it is not? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from tenure_context_sync.events import EntityClass, Sla
from tenure_context_sync.view.compiled import PRIMARY, CompiledView
from tenure_context_sync.view.reading import Found, Reading
from tenure_context_sync.view.scope import Failure

Verdict: TypeAlias = Literal["fresh", "stale", "expired", "erased", "missing"]
OnStale: TypeAlias = Literal["fail", "default", "flag"]
WORST: tuple[Verdict, ...] = ("fresh", "stale", "expired", "erased", "missing")
CompleteUntil = Callable[[str], datetime | None]


class GroupView(msgspec.Struct, frozen=True):
    """A row or an aggregate that values are made of. `source_at`: its commit; `age_seconds`: how old it may be."""

    source_at: datetime | None
    age_seconds: float | None
    verdict: Verdict
    policy: Literal["served", "default"] = "served"


class RowView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key's values, with what is worst of their groups; `failures` says why a value could not be had."""

    values: dict[str, object] | None
    source_at: datetime | None
    age_seconds: float | None
    verdict: Verdict
    groups: dict[str, GroupView]
    failures: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """How old a context may be for who asks; None: as old as it is. Entities of a class have a limit of their own."""

    seconds: int | None = None
    classes: tuple[EntityClass, ...] = ()

    def of(self, values: Mapping[str, object]) -> int | None:
        for one in self.classes:
            if str(values.get(one.field)) == one.value:
                return one.max_age_seconds
        return self.seconds


def limits_of(sla: Sla | None) -> Limits:
    return Limits(sla.max_age_seconds, sla.classes) if sla else Limits()


def on_stale_of(asked: OnStale | None, sla: Sla | None) -> OnStale:
    """What the caller says, else what the binding does at a breach."""
    if asked is not None:
        return asked
    return "default" if sla and sla.on_breach == "fall_back" else "flag"


class Ages(NamedTuple):
    """Now, and how old each group's source is by now, in seconds; None where nothing ever came."""

    now: datetime
    seconds: Mapping[str, float | None]


def ages(view: CompiledView, complete_until: CompleteUntil, now: datetime) -> Ages:
    """An unchanged row is not an old one: it is as old as what its source may have committed since."""
    sources = {PRIMARY: view.published.source}
    sources |= {one.join.name: one.join.source for one in view.joins}
    sources |= {one.aggregate.name: one.aggregate.source for one in view.windows}
    until = {group: complete_until(source) for group, source in sources.items()}
    return Ages(now, {group: None if at is None else (now - at).total_seconds() for group, at in until.items()})


def answer(
    view: CompiledView, key: Mapping[str, object], reading: Reading, known: Ages, limits: Limits, on_stale: OnStale
) -> RowView:
    """What one key is answered."""
    computed = view.values(reading.scope())
    values = {**key, **{name: None if type(value) is Failure else value for name, value in computed.items()}}
    limit = limits.of(values)
    groups = _groups(view, reading, known, limit)
    if on_stale == "default":
        groups = {
            name: group if group.verdict == "fresh" else msgspec.structs.replace(group, policy="default")
            for name, group in groups.items()
        }
        fallen_back = defaults(view, groups)
        values |= fallen_back
        computed = {name: value for name, value in computed.items() if name not in fallen_back}
    primary = groups[PRIMARY]
    there = primary.verdict != "missing" or on_stale == "default"
    worst = max((group.verdict for group in groups.values()), key=WORST.index) if len(groups) > 1 else primary.verdict
    failures = {name: value.reason for name, value in computed.items() if type(value) is Failure} if there else {}
    return RowView(values if there else None, primary.source_at, oldest(groups), worst, groups, failures)


def oldest(groups: Mapping[str, GroupView]) -> float | None:
    """None where of some source nothing ever came."""
    found = [group.age_seconds for group in groups.values()]
    return None if None in found else max(age for age in found if age is not None)


def defaults(view: CompiledView, groups: Mapping[str, GroupView]) -> dict[str, object]:
    """Of each value of which a group is not fresh; null where none is declared, as for an aggregate itself."""
    bad = {name for name, group in groups.items() if group.policy == "default"}
    found: dict[str, object] = {one.aggregate.name: None for one in view.windows if one.aggregate.name in bad}
    return found | {one.column.name: one.default for one in view.columns if one.groups & bad}


def not_fresh(rows: Sequence[RowView]) -> dict[str, dict[str, int]]:
    """How many rows have a group that is not fresh, by group and verdict."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for name, group in row.groups.items():
            if group.verdict != "fresh":
                found.setdefault(name, Counter())[group.verdict] += 1
    return {name: dict(counts) for name, counts in sorted(found.items())}


def _groups(view: CompiledView, reading: Reading, known: Ages, limit: int | None) -> dict[str, GroupView]:
    groups = {PRIMARY: _row(reading.row, known.now, known.seconds[PRIMARY], limit, view.published.view.ttl_seconds)}
    for name, found in reading.joined.items():
        groups[name] = _row(found, known.now, known.seconds[name], limit, None)
    for name, total in reading.sums.items():
        groups[name] = GroupView(total.source_at, known.seconds[name], _by_age(known.seconds[name], limit))
    return groups


def _row(found: Found | None, now: datetime, age: float | None, limit: int | None, ttl: int | None) -> GroupView:
    if found is None or found.fields is None:
        return GroupView(found and found.source_at, age, "missing")
    if found.held:
        # What came after it could not be read: it is as old as itself.
        age = (now - found.source_at).total_seconds()
    if found.erased:
        return GroupView(found.source_at, age, "erased")
    if ttl is not None and (now - found.source_at).total_seconds() > ttl:
        return GroupView(found.source_at, age, "expired")
    return GroupView(found.source_at, age, _by_age(age, limit))


def _by_age(age: float | None, limit: int | None) -> Verdict:
    return "stale" if limit is not None and (age is None or age > limit) else "fresh"
