"""Search: models and versions by what is known of them, at any moment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response
from tenure_journal import StreamParked, View
from tenure_service import Asked, Moment, PageQuery, Problem, Read
from tenure_service.moment import MOST_PAST
from tenure_service.requests import read_cursor, write_cursor

from tenure_registry import views
from tenure_registry.api.common import Reader
from tenure_registry.model.state import Model, Version
from tenure_registry.names import Digest, ModelVersion, PrincipalId, Stage, VersionKind
from tenure_registry.search import Term, is_model_that, parsed, versions_that
from tenure_registry.streams import MODEL

router = APIRouter()
BREATHE_AFTER = 200  # models, between which others are served
WHOLE = 2**63 - 1  # past all versions of a model
Where = Annotated[
    list[Annotated[str, Query(max_length=500)]],
    Query(max_length=20, description="terms that must all hold: stage=production, metric.brier<0.2, framework~sklearn"),
]
Place = tuple[str, int]
Row = tuple[int, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundVersion:
    model: str
    family: str | None
    model_version: ModelVersion
    stage: Stage | None
    kind: VersionKind
    framework: str
    artifact_digest: Digest
    registered_by: PrincipalId
    registered_at: datetime
    aliases: tuple[str, ...]
    gate_reopened: bool


@router.get("/versions")
async def find_versions(
    read: Reader,
    moment: Asked,
    page: Annotated[PageQuery, Depends()],
    where: Where = [],  # noqa: B006 - never changed
) -> Response:
    """By model, then in the order of registration."""
    terms = [parsed(term) for term in where]

    def rows(view: View, stream: str) -> list[Row]:
        model: Model = view.state(stream)
        return [
            (version.sequence, found_version(model, name, version))
            for name, version in versions_that(view, model, terms)
        ]

    return await found(read, moment, page, rows)


@router.get("/models")
async def list_models(
    read: Reader,
    moment: Asked,
    page: Annotated[PageQuery, Depends()],
    where: Where = [],  # noqa: B006 - never changed
) -> Response:
    """By name; a term about versions asks for a version of which all such terms hold."""
    terms = [parsed(term) for term in where]
    return await found(read, moment, page, lambda view, stream: model_rows(view, stream, terms))


def model_rows(view: View, stream: str, terms: list[Term]) -> list[Row]:
    model: Model = view.state(stream)
    return [(WHOLE, views.model_view(model))] if is_model_that(view, model, terms) else []


def found_version(model: Model, name: ModelVersion, version: Version) -> FoundVersion:
    said = version.registered
    return FoundVersion(
        model=model.name or "",
        family=model.family,
        model_version=name,
        stage=version.stage,
        kind=said.kind,
        framework=said.framework,
        artifact_digest=version.digest,
        registered_by=version.author,
        registered_at=said.registered_at,
        aliases=tuple(sorted(alias for alias, to in model.aliases.items() if to == name)),
        gate_reopened=bool(version.reopened),
    )


async def found(read: Read, moment: Moment, page: PageQuery, rows: Callable[[View, str], list[Row]]) -> Response:
    """One page; `parked` are the models that can't be read. A page of the past looks at `MOST_PAST` models at most."""
    after = place_of(page.cursor)
    streams = read.replica.streams(MODEL)
    names = sorted(name for name, one in streams.items() if name >= after[0] and moment.known(one))
    most = len(names) if moment.is_now else MOST_PAST
    items, parked, last = list[tuple[Place, object]](), list[str](), after
    for count, name in enumerate(names[:most]):
        if count % BREATHE_AFTER == BREATHE_AFTER - 1:
            await asyncio.sleep(0)
        try:
            of_model = await moment.ask(lambda view, name=name: rows(view, name))  # type: ignore[misc]  # a default
        except StreamParked:
            parked.append(name)
            of_model = []
        items += [((name, sequence), item) for sequence, item in of_model if (name, sequence) > after]
        last = (name, WHOLE)
        if len(items) > page.limit:
            break
    shown = items[: page.limit]
    if len(items) > len(shown):
        last = shown[-1][0]
    more = len(items) > len(shown) or len(names) > most
    answer = {"items": [item for _, item in shown], "next": written(last) if more else None, "parked": parked}
    return read.answer(answer, settled=moment.settled)


def written(place: Place) -> str:
    return write_cursor(f"{place[0]}#{place[1]}")


def place_of(cursor: str | None) -> Place:
    """Raises Problem 400."""
    text = read_cursor(cursor)
    name, mark, sequence = text.rpartition("#")
    if not text:
        return "", 0
    if not (mark and sequence.isascii() and sequence.isdigit() and len(sequence) <= 19):
        raise Problem(400, "malformed-cursor", "a cursor is what the page before said in `next`")
    return name, int(sequence)
