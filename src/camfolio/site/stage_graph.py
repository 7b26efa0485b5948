"""The graph of a study's stages as SVG: arrows lead from each stage to the stages that read its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup, escape

from camfolio.store.stage import Stage

WIDTH, HEIGHT, GAP, RISE, TEXT = 128, 50, 5, 34, 19.6
"""Size of a box, distance between boxes in a row and between rows, and size of the text, in pixels of a drawing that a page shows at
about 60 % of its size."""
LANE = 16
"""Distance between two arrows that cross a row side by side, in CSS pixels."""
ARCS, LINE = 170, 24
"""Width of the arcs and height of a line on a phone, in CSS pixels."""
SWEEPS = 12
"""Passes over the rows in which boxes move towards their neighbours."""
Link = tuple[str, str]


@dataclass(frozen=True)
class StageGraph:
    """Families of stages and what they read; stages `FAMILY-VARIANT` with the same `run` are one family and one box.

    Attributes:
        sizes: family -> its number of stages, in the order of the study.
        reads: family -> the families whose results it reads.
    """

    sizes: Mapping[str, int]
    reads: Mapping[str, Sequence[str]]

    @cached_property
    def depth(self) -> dict[str, int]:
        """Family -> length of the longest path to it."""
        depth: dict[str, int] = {}
        while len(depth) < len(self.sizes):
            ready = [
                family
                for family in self.sizes
                if family not in depth and all(before in depth for before in self.reads[family])
            ]
            depth |= {family: 1 + max((depth[before] for before in self.reads[family]), default=-1) for family in ready}
        return depth

    @cached_property
    def arrows(self) -> list[Link]:
        """The links that are drawn: all but the transitive ones."""
        ancestors: dict[str, set[str]] = {}
        for family in sorted(self.sizes, key=self.depth.__getitem__):
            ancestors[family] = set(self.reads[family]).union(*(ancestors[before] for before in self.reads[family]))
        return [
            (before, family)
            for family in self.sizes
            for before in self.reads[family]
            if not any(before in ancestors[sibling] for sibling in self.reads[family])
        ]

    def svg(self) -> Markup:
        """The graph for pages as inline SVG in their colours; the same bytes for the same stages."""
        places = arrange(self)
        right, bottom = max(x for x, _ in places.values()) + WIDTH + 2, (max(self.depth.values()) + 1) * (HEIGHT + RISE)
        arrows = "".join(f'<path d="{curve([places[name] for name in path_of(self, link)])}"/>' for link in self.arrows)
        boxes = "".join(box(name, size, *places[name]) for name, size in self.sizes.items())
        body = (
            f'<g class="arrows" fill="none" stroke="currentColor">{arrows}</g>'
            f'<g fill="currentColor" text-anchor="middle" font-size="{TEXT}">{boxes}</g>'
        )
        return self.picture(body, (round(right), bottom - RISE + 2), "page")

    def narrow_svg(self) -> Markup:
        """The graph for phones: a line per family, each below those that it reads, and arcs from line to line."""
        lines = {name: place for place, name in enumerate(sorted(self.sizes, key=self.depth.__getitem__))}
        arcs = "".join(f'<path d="{arc(lines[before], lines[family], len(lines))}"/>' for before, family in self.arrows)
        names = "".join(
            f'<text x="{ARCS + 8}" y="{line * LINE + LINE // 2 + 4}">{escape(name)}{f" ({self.sizes[name]})" if self.sizes[name] > 1 else ""}</text>'
            for name, line in lines.items()
        )
        body = f'<g class="arrows" fill="none" stroke="currentColor">{arcs}</g><g fill="currentColor" font-size="12">{names}</g>'
        return self.picture(body, (ARCS + 180, len(lines) * LINE), "phone")

    def picture(self, body: str, size: tuple[int, int], place: str) -> Markup:
        """A drawing of so many pixels for a page or a phone, with what it says in words; names in it are escaped."""
        description = f"{sum(self.sizes.values())} stages. " + ". ".join(
            f"{family} reads {', '.join(before)}" for family, before in self.reads.items() if before
        )
        (width, height), name = size, f"stage-graph-{place}"
        return Markup(  # noqa: S704 - names are escaped where they are inserted
            f'<svg class="on-{place}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">The stages of a study</title>'
            f'<desc id="{name}-desc">{escape(description)}.</desc>{body}</svg>'
        )


def stage_graph(stages: Sequence[Stage]) -> StageGraph:
    """The graph of a study's stages."""
    names = [stage.name for stage in stages]
    sizes = Counter(map(kind_of, names))
    families = {name: name if sizes[kind_of(name)] == 1 else kind_of(name) for name in names}
    reads: dict[str, dict[str, None]] = {family: {} for family in families.values()}
    for stage in stages:
        reads[families[stage.name]] |= {families[before]: None for before in stage.upstream.values()}
    members = Counter(families.values())
    order = list(reads)
    return StageGraph(
        sizes={family: members[family] for family in order},
        reads={
            family: sorted((before for before in reads[family] if before != family), key=order.index)
            for family in order
        },
    )


def kind_of(name: str) -> str:
    """The name shared by stages of one kind: `figure-roc` is one of `figure-*`."""
    head, dash, _ = name.partition("-")
    return f"{head}-*" if dash else name


def path_of(graph: StageGraph, link: Link) -> list[str]:
    """The two boxes that an arrow joins, and between them one waypoint in every row that it crosses."""
    before, after = link
    rows = range(graph.depth[before] + 1, graph.depth[after])
    return [before, *(f"{before}>{after}@{row}" for row in rows), after]


def arrange(graph: StageGraph) -> dict[str, tuple[float, float]]:
    """Upper left corners of boxes and waypoints: rows by depth; within a row each moves to the mean of its neighbours."""
    rows: list[list[str]] = [[] for _ in range(max(graph.depth.values()) + 1)]
    neighbours: dict[str, list[str]] = {name: [] for name in graph.sizes}
    for name, row in graph.depth.items():
        rows[row].append(name)
    for link in graph.arrows:
        path = path_of(graph, link)
        for row, name in enumerate(path[1:-1], graph.depth[link[0]] + 1):
            rows[row].append(name)
        for upper, lower in pairwise(path):
            neighbours.setdefault(upper, []).append(lower)
            neighbours.setdefault(lower, []).append(upper)
    x = {name: i * (WIDTH + GAP) * 1.0 for row in rows for i, name in enumerate(row)}
    for sweep in range(SWEEPS):
        for names in rows if sweep % 2 == 0 else rows[::-1]:
            means = {
                name: sum(x[other] for other in neighbours[name]) / max(len(neighbours[name]), 1) for name in names
            }
            names.sort(key=means.__getitem__)
            x |= spread([means[name] for name in names], names)
    left = min(x[name] for name in graph.sizes)
    return {name: (x[name] - left + 1, i * (HEIGHT + RISE) + 1.0) for i, row in enumerate(rows) for name in row}


def spread(positions: Sequence[float], row: Sequence[str]) -> dict[str, float]:
    """Positions moved apart to the smallest distance between neighbours; their mean stays the same."""
    gaps = [distance(left, right) for left, right in pairwise(row)]
    placed: list[float] = []
    for i, position in enumerate(positions):
        placed.append(position if i == 0 else max(position, placed[-1] + gaps[i - 1]))
    shift = (sum(positions) - sum(placed)) / max(len(row), 1)
    return {name: position + shift for name, position in zip(row, placed, strict=True)}


def distance(left: str, right: str) -> float:
    """Smallest distance between the centres of two neighbours in a row, boxes or waypoints, in CSS pixels."""
    passing = ("@" in left) + ("@" in right)
    return (WIDTH + GAP, (WIDTH + LANE) / 2 + GAP, LANE)[passing] * 1.0


def curve(corners: Sequence[tuple[float, float]]) -> str:
    """SVG path from the lower edge of the first box through the waypoints to the upper edge of the last box, with an arrow head."""
    points = [(x + WIDTH / 2, y) for x, y in corners]
    x, y = points[0]
    path = f"M{x:.1f} {y + HEIGHT:.1f}"
    for i, (right, top) in enumerate(points[1:], 1):
        middle = top - RISE / 2
        path += f"C{x:.1f} {middle:.1f} {right:.1f} {middle:.1f} {right:.1f} {top:.1f}"
        path += f"V{top + HEIGHT:.1f}" if i < len(points) - 1 else "m-3 -5l3 5l3 -5"
        x = right
    return path


def arc(upper: int, lower: int, lines: int) -> str:
    """SVG path from one of so many lines to a lower one, wider the farther that is, with an arrow head."""
    start, end = (line * LINE + LINE / 2 for line in (upper, lower))
    left = ARCS - ARCS * 4 / 3 * ((lower - upper) / lines) ** 0.5
    return f"M{ARCS} {start:.1f}C{left:.1f} {start:.1f} {left:.1f} {end:.1f} {ARCS} {end:.1f}m-5 -3l5 3l-5 3"


def box(name: str, size: int, x: float, y: float) -> str:
    """The box of a family: its name and, if there is more than one, its number of stages."""
    second = f'<text class="count" x="{x + WIDTH / 2:.1f}" y="{y + 43}">{size} stages</text>' if size > 1 else ""
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="none" stroke="currentColor"/>'
        f'<text x="{x + WIDTH / 2:.1f}" y="{y + (21 if size > 1 else 31)}">{escape(name)}</text>{second}'
    )
