"""Which models and versions are meant by `stage=production`, `metric.brier<0.2`, `tag.team=risk`?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from operator import eq, ge, gt, le, lt
from typing import Literal, TypeAlias, get_args

from tenure_decider import Invalid
from tenure_journal import View

from tenure_registry.governance import family_of, policy_name
from tenure_registry.model.state import Evidence, Model, Version
from tenure_registry.names import EvidenceKind, EvidenceVerdict, ModelVersion, VersionKind
from tenure_registry.parts import Tag

Value: TypeAlias = str | float | datetime
Level = Literal["model", "version", "both"]
TERM = re.compile(r"([a-z_]+)(?:\.([a-z0-9][a-z0-9._-]*))? *(<=|>=|!=|=|<|>|~) *(.+)", re.DOTALL)
COMPARE: dict[str, Callable[[Value, Value], bool]] = {"=": eq, "!=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
GATES = ("reopened", "satisfied")


@dataclass(eq=False)
class TermUnreadable(Invalid):
    """`where={term}` {why}."""

    term: str
    why: str


@dataclass(slots=True)
class Candidate:
    """A model, or one version of it; `view` for what the model inherits. Made once for each model: there are many."""

    view: View
    model: Model
    name: ModelVersion | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """What a term may ask about. `of` gives all values that there are, by the term's key where it has one."""

    of: Callable[[Candidate, str], Iterable[Value | None]]
    level: Level
    reads: type[str] | type[float] | type[datetime] = str
    keys: tuple[str, ...] | None = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """`negated`: it holds where `test` is true of no value; else where it is true of one."""

    field: Field
    key: str
    test: Callable[[Value], bool]
    negated: bool

    def holds(self, candidate: Candidate) -> bool:
        for value in self.field.of(candidate, self.key):
            if value is not None and self.test(value):
                return not self.negated
        return self.negated


def test_of(operator: str, wanted: Value) -> Callable[[Value], bool]:
    """What a value is put to; one of another type fails it."""
    if operator == "~":
        part = str(wanted).casefold()
        return lambda value: part in str(value).casefold()
    if isinstance(wanted, str):
        return lambda value: value == wanted
    compare, reads = COMPARE[operator], type(wanted)

    def test(value: Value) -> bool:
        read = _read(value, reads) if isinstance(value, str) else value  # a tag is text
        return isinstance(read, reads) and compare(read, wanted)

    return test


def parsed(term: str) -> Term:
    """Raises TermUnreadable."""
    match = TERM.fullmatch(term)
    if match is None:
        raise TermUnreadable(term, "is not `field operator value`, as in stage=production or metric.brier<0.2")
    name, key, operator, text = match.groups(default="")
    field = FIELDS.get(name)
    if field is None:
        raise TermUnreadable(term, f"asks about {name}; known are {', '.join(sorted(FIELDS))}")
    _demand_key(term, name, key, field)
    test = test_of(operator, _value(term, name, operator, text, field))
    return Term(field, key, test, negated=operator == "!=")


def _demand_key(term: str, name: str, key: str, field: Field) -> None:
    if field.keys == () and key:
        raise TermUnreadable(term, f"has a key, but {name} takes none")
    if field.keys != () and not key:
        raise TermUnreadable(term, f"needs a key, as in {name}.{(field.keys or ('name',))[0]}")
    if field.keys and key not in field.keys:
        raise TermUnreadable(term, f"names {key}; known are {', '.join(field.keys)}")


def _value(term: str, name: str, operator: str, text: str, field: Field) -> Value:
    orders = operator in ("<", "<=", ">", ">=")
    if operator == "~" and field.reads is not str:
        raise TermUnreadable(term, f"looks for text, but {name} is {_called(field.reads)}")
    if field.of is tags:
        readable = [_read(text, reads) for reads in ((float, datetime) if orders else (str,))]
        for value in readable:
            if value is not None:
                return value
        raise TermUnreadable(term, f"compares, but {text!r} is neither a number nor an instant with a time zone")
    if orders and field.reads is str:
        raise TermUnreadable(term, f"compares, but {name} is text; =, != and ~ are for text")
    value = _read(text, field.reads)
    if value is None:
        raise TermUnreadable(term, f"has {text!r} where {_called(field.reads)} is needed")
    if field.choices and operator != "~" and value not in field.choices:
        raise TermUnreadable(term, f"has {text!r}; known are {', '.join(field.choices)}")
    return value


def _called(reads: type) -> str:
    return {str: "text", float: "a number", datetime: "an instant with a time zone"}[reads]


def _read(text: str, reads: type) -> Value | None:
    """None where the text is no such thing."""
    if reads is str:
        return text
    try:
        number = float(text) if reads is float else None
        instant = datetime.fromisoformat(text) if reads is datetime else None
    except ValueError:
        return None
    if number is not None:
        return number if isfinite(number) else None
    return instant if instant is not None and instant.tzinfo is not None else None


def owners(one: Candidate, key: str) -> Iterable[str | None]:
    return (one.model.owner or family_of(one.view, one.model).owner,)


def tiers(one: Candidate, key: str) -> Iterable[str | None]:
    return (one.model.risk_tier or family_of(one.view, one.model).risk_tier,)


def policies(one: Candidate, key: str) -> Iterable[str | None]:
    return (policy_name(one.view, one.model),)


def tags(one: Candidate, key: str) -> Iterable[Value | None]:
    """A version's own tag, else its model's."""
    tag: Tag | None = (one.version.tags.get(key) if one.version else None) or one.model.tags.get(key)
    return (tag.value,) if tag else ()


def variants(part: Literal["segment", "region", "regime"]) -> Callable[[Candidate, str], Iterable[str | None]]:
    return lambda one, key: (getattr(one.model.variant, part),) if one.model.variant else ()


def of_version(
    read: Callable[[Version, str], Iterable[Value | None]],
) -> Callable[[Candidate, str], Iterable[Value | None]]:
    return lambda one, key: read(one.version, key) if one.version else ()


def aliases(one: Candidate, key: str) -> Iterable[str | None]:
    return [alias for alias, version in one.model.aliases.items() if version == one.name]


def verdicts(version: Version, kind: str) -> Iterator[str]:
    """The newest verdict of the kind."""
    newest = max((one for one in version.evidence.values() if one.said.kind == kind), key=_recorded, default=None)
    if newest:
        yield newest.said.verdict


def metrics(version: Version, name: str) -> Iterator[float]:
    """The newest figure over all data, whatever evidence has it."""
    for one in sorted(version.evidence.values(), key=_recorded, reverse=True):
        for metric in one.said.metrics:
            if metric.name == name and metric.slice is None:
                yield metric.value
                return


def _recorded(one: Evidence) -> int:
    return one.sequence


def gates(version: Version, key: str) -> Iterable[str]:
    """Of a version that has entered a stage."""
    return () if version.stage is None else ("reopened" if version.reopened else "satisfied",)


FIELDS: dict[str, Field] = {
    "model": Field(lambda one, key: (one.model.name,), "model"),
    "family": Field(lambda one, key: (one.model.family,), "model"),
    "owner": Field(owners, "model"),
    "policy": Field(policies, "model"),
    "risk_tier": Field(tiers, "model"),
    "segment": Field(variants("segment"), "model"),
    "region": Field(variants("region"), "model"),
    "regime": Field(variants("regime"), "model"),
    "consumer": Field(lambda one, key: list(one.model.consumers), "model"),
    "tag": Field(tags, "both", keys=None),
    "alias": Field(aliases, "version"),
    "version": Field(lambda one, key: (one.name,), "version"),
    "stage": Field(of_version(lambda one, key: (one.stage,)), "version"),
    "kind": Field(of_version(lambda one, key: (one.registered.kind,)), "version", choices=get_args(VersionKind)),
    "framework": Field(of_version(lambda one, key: (one.registered.framework,)), "version"),
    "digest": Field(of_version(lambda one, key: (one.digest,)), "version"),
    "registered_at": Field(of_version(lambda one, key: (one.registered.registered_at,)), "version", datetime),
    "registered_by": Field(of_version(lambda one, key: (one.author,)), "version"),
    "snapshot": Field(of_version(lambda one, key: [ref.snapshot for ref in one.registered.snapshots]), "version"),
    "metric": Field(of_version(metrics), "version", float, keys=None),
    "evidence": Field(of_version(verdicts), "version", keys=get_args(EvidenceKind), choices=get_args(EvidenceVerdict)),
    "gate": Field(of_version(gates), "version", choices=GATES),
}


def versions_that(view: View, model: Model, terms: Sequence[Term]) -> list[tuple[ModelVersion, Version]]:
    """In the order of registration. What is the model's is asked once, not of each version."""
    whole = Candidate(view, model)
    if model.created is None or not all(term.holds(whole) for term in terms if term.field.level == "model"):
        return []
    rest = [term for term in terms if term.field.level != "model"]
    found = list[tuple[ModelVersion, Version]]()
    for whole.name, whole.version in model.versions.items():
        if all(term.holds(whole) for term in rest):
            found.append((whole.name, whole.version))
    return sorted(found, key=lambda item: item[1].sequence)


def is_model_that(view: View, model: Model, terms: Sequence[Term]) -> bool:
    """Its own terms hold of the model, and there is a version of which all others hold at once."""
    whole = Candidate(view, model)
    if model.created is None or not all(term.holds(whole) for term in terms if term.field.level != "version"):
        return False
    rest = [term for term in terms if term.field.level == "version"]
    return not rest or bool(versions_that(view, model, rest))
