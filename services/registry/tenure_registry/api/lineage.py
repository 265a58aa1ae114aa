"""Lineage: what a thing comes from and what depends on it, as far as was known then."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response
from tenure_journal import View
from tenure_service import Asked, Moment, not_found

from tenure_registry.api.common import Reader
from tenure_registry.lineage import Edge, of_context, of_model, of_snapshot
from tenure_registry.mentions import Mentions, Unit

router = APIRouter()
MOST_NODES, MOST_EDGES = 1_000, 10_000
Way = Literal["up", "down"]
Direction = Literal["up", "down", "both"]
Node = Annotated[
    str,
    Path(
        max_length=2_500,
        pattern=r"^(source|context|field|snapshot|run|code|version|release|deployment|consumer|prompt|obligation):.+$",
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class LineageNode:
    """`distance` in edges from what was asked about; above it negative."""

    node: str
    distance: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """`cut`: there is more than the depth or the limits let through."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[Edge, ...]
    cut: bool


@router.get("/lineage/{node:path}", response_model=Lineage)
async def read_lineage(
    node: Node,
    read: Reader,
    moment: Asked,
    direction: Direction = "both",
    depth: Annotated[int, Query(ge=1, le=20)] = 20,
) -> Response:
    """Nodes are named `field:weather.wind`, `version:fraud@1`, `release:fraud@production/r1` and so on."""
    mentions = read.runtime.part(Mentions)
    await mentions.refresh()
    walk = Walk(moment, mentions, depth)
    ways: tuple[Way, ...] = ("up", "down") if direction == "both" else (direction,)
    if not await walk.is_known(node):
        raise not_found(f"{node} in any lineage then")
    for way in ways:
        await walk.go(node, way)
    return read.answer(walk.found(), settled=moment.settled)


class Walk:
    """Breadth first, from one node, as far as depth and limits allow."""

    def __init__(self, moment: Moment, mentions: Mentions, depth: int) -> None:
        self._moment, self._mentions, self._depth = moment, mentions, depth
        self._stated: dict[Unit, Mapping[str, list[Edge]]] = {}
        self._distances: dict[str, int] = {}
        self._edges: dict[tuple[str, str], Edge] = {}
        self._cut = False

    async def is_known(self, node: str) -> bool:
        """Something comes from it, or it from something."""
        return bool(await self._touching(node))

    async def go(self, start: str, way: Way) -> None:
        """Only one way: what else a neighbour leads to is no lineage of the start."""
        self._distances[start] = 0
        level = [start]
        for distance in range(1, self._depth + 1):
            level = [other for node in level for other in await self._step(node, way, distance)]
        for node in level:
            self._cut = self._cut or bool([edge for edge in await self._touching(node) if _near(edge, way) == node])

    async def _step(self, node: str, way: Way, distance: int) -> list[str]:
        reached = list[str]()
        for edge in await self._touching(node):
            other = edge.target if way == "down" else edge.source
            if _near(edge, way) != node:
                continue
            if (other not in self._distances and len(self._distances) >= MOST_NODES) or len(self._edges) >= MOST_EDGES:
                self._cut = True
                return reached
            self._edges.setdefault((edge.source, edge.target), edge)
            if other not in self._distances:
                self._distances[other] = distance if way == "down" else -distance
                reached.append(other)
        return reached

    async def _touching(self, node: str) -> list[Edge]:
        """The edges that begin or end at the node."""
        found = list[Edge]()
        for unit in sorted(self._mentions.units(node)):
            if unit not in self._stated:
                self._stated[unit] = await self._moment.ask(lambda view, unit=unit: self._of_unit(view, unit))  # type: ignore[misc]  # a default
            found += self._stated[unit].get(node, ())
        return found

    def _of_unit(self, view: View, unit: Unit) -> Mapping[str, list[Edge]]:
        kind, name = unit
        match kind:
            case "context":
                edges = of_context(view, name)
            case "snapshot":
                edges = of_snapshot(view, name)
            case _:
                edges = of_model(view, name, sorted(self._mentions.environments.get(name, ())))
        found = defaultdict[str, list[Edge]](list)
        for edge in edges:
            found[edge.source].append(edge)
            found[edge.target].append(edge)
        return found

    def found(self) -> Lineage:
        nodes = sorted(self._distances.items(), key=lambda item: (item[1], item[0]))
        return Lineage(
            nodes=tuple(LineageNode(node=node, distance=distance) for node, distance in nodes),
            edges=tuple(edge for _, edge in sorted(self._edges.items())),
            cut=self._cut,
        )


def _near(edge: Edge, way: Way) -> str:
    """The end at which one comes to it."""
    return edge.source if way == "down" else edge.target
