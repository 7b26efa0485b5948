"""The stages of a study as a drawing: an arrow leads from each stage to those that read its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup, escape

from camfolio.store.artefacts import Stage

WIDTH, HEIGHT, GAP, RISE = 120, 40, 14, 34
"""Of a box, and between boxes side by side and one below the other, in CSS pixels."""
LANE = 26
"""Room between two arrows that pass a row side by side."""
SWEEPS = 12
Link = tuple[str, str]


@dataclass(frozen=True)
class StageGraph:
    """Families of stages: those with one `run` and names `FAMILY-WHICH` are one box; what each reads; their sizes.

    Attributes:
        sizes: family -> how many stages it has, in the order of the study.
        reads: family -> the families whose results it reads.
    """

    sizes: Mapping[str, int]
    reads: Mapping[str, Sequence[str]]

    @cached_property
    def depth(self) -> dict[str, int]:
        """Family -> length of the longest way to it."""
        depth: dict[str, int] = {}
        while len(depth) < len(self.sizes):
            ready = [
                one for one in self.sizes if one not in depth and all(before in depth for before in self.reads[one])
            ]
            depth |= {one: 1 + max((depth[before] for before in self.reads[one]), default=-1) for one in ready}
        return depth

    @cached_property
    def arrows(self) -> list[Link]:
        """The links that are drawn: not those that follow from others."""
        ancestors: dict[str, set[str]] = {}
        for one in sorted(self.sizes, key=self.depth.__getitem__):
            ancestors[one] = set(self.reads[one]).union(*(ancestors[before] for before in self.reads[one]))
        return [
            (before, one)
            for one in self.sizes
            for before in self.reads[one]
            if not any(before in ancestors[other] for other in self.reads[one])
        ]

    def svg(self) -> Markup:
        """The drawing as inline SVG in the page's own colours; the same bytes for the same stages."""
        places = arrange(self)
        right, bottom = max(x for x, _ in places.values()) + WIDTH + 2, (max(self.depth.values()) + 1) * (HEIGHT + RISE)
        told = f"{sum(self.sizes.values())} stages. " + ". ".join(
            f"{one} reads {', '.join(before)}" for one, before in self.reads.items() if before
        )
        arrows = "".join(f'<path d="{curve([places[name] for name in way(self, link)])}"/>' for link in self.arrows)
        boxes = "".join(box(name, size, *places[name]) for name, size in self.sizes.items())
        height = bottom - RISE + 2
        return Markup(  # noqa: S704 - names are escaped where they are put in
            f'<svg viewBox="0 0 {right:.0f} {height}" width="{right:.0f}" height="{height}" role="img" '
            'aria-labelledby="stage-graph-title stage-graph-desc"><title id="stage-graph-title">The stages of a study</title>'
            f'<desc id="stage-graph-desc">{escape(told)}.</desc>'
            f'<g class="arrows" fill="none" stroke="currentColor">{arrows}</g><g fill="currentColor" text-anchor="middle" font-size="12">{boxes}</g></svg>'
        )


def stage_graph(stages: Sequence[Stage]) -> StageGraph:
    """The graph of a study's stages."""
    names = [one.name for one in stages]
    sizes = Counter(map(kind_of, names))
    families = {name: name if sizes[kind_of(name)] == 1 else kind_of(name) for name in names}
    reads: dict[str, dict[str, None]] = {family: {} for family in families.values()}
    for one in stages:
        reads[families[one.name]] |= {families[before]: None for before in one.upstream.values()}
    counted = Counter(families.values())
    order = list(reads)
    return StageGraph(
        sizes={family: counted[family] for family in order},
        reads={family: sorted((one for one in reads[family] if one != family), key=order.index) for family in order},
    )


def kind_of(name: str) -> str:
    """The name shared by stages of one kind: `figure-roc` is one of `figure-*`."""
    head, dash, _ = name.partition("-")
    return f"{head}-*" if dash else name


def way(graph: StageGraph, link: Link) -> list[str]:
    """The boxes that an arrow joins, and between them one place in every row that it crosses."""
    before, after = link
    rows = range(graph.depth[before] + 1, graph.depth[after])
    return [before, *(f"{before}>{after}@{row}" for row in rows), after]


def arrange(graph: StageGraph) -> dict[str, tuple[float, float]]:
    """Left upper corners. Rows by the longest way; in a row everything moves to the middle of what it is joined to."""
    rows: list[list[str]] = [[] for _ in range(max(graph.depth.values()) + 1)]
    joined: dict[str, list[str]] = {name: [] for name in graph.sizes}
    for name, row in graph.depth.items():
        rows[row].append(name)
    for link in graph.arrows:
        places = way(graph, link)
        for offset, name in enumerate(places[1:-1], graph.depth[link[0]] + 1):
            rows[offset].append(name)
        for one, other in pairwise(places):
            joined.setdefault(one, []).append(other)
            joined.setdefault(other, []).append(one)
    x = {name: i * (WIDTH + GAP) * 1.0 for row in rows for i, name in enumerate(row)}
    for sweep in range(SWEEPS):
        for names in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {name: sum(x[one] for one in joined[name]) / max(len(joined[name]), 1) for name in names}
            names.sort(key=wanted.__getitem__)
            x |= spread([wanted[name] for name in names], names)
    left = min(x[name] for name in graph.sizes)
    return {name: (x[name] - left + 1, i * (HEIGHT + RISE) + 1.0) for i, row in enumerate(rows) for name in row}


def spread(wanted: Sequence[float], row: Sequence[str]) -> dict[str, float]:
    """Places as wanted, but with room between neighbours, and the row's middle where it was."""
    room = [distance(one, other) for one, other in pairwise(row)]
    placed: list[float] = []
    for i, place in enumerate(wanted):
        placed.append(place if i == 0 else max(place, placed[-1] + room[i - 1]))
    shift = (sum(wanted) - sum(placed)) / max(len(row), 1)
    return {name: place + shift for name, place in zip(row, placed, strict=True)}


def distance(one: str, other: str) -> float:
    """Between the middles of two neighbours: boxes, or arrows that pass between them."""
    passing = ("@" in one) + ("@" in other)
    return (WIDTH + GAP, (WIDTH + LANE) / 2 + GAP, LANE)[passing] * 1.0


def curve(corners: Sequence[tuple[float, float]]) -> str:
    """From the lower edge of the first box through the places between to the upper edge of the last one."""
    points = [(x + WIDTH / 2, y) for x, y in corners]
    x, y = points[0]
    drawn = f"M{x:.1f} {y + HEIGHT:.1f}"
    for i, (right, top) in enumerate(points[1:], 1):
        middle = top - RISE / 2
        drawn += f"C{x:.1f} {middle:.1f} {right:.1f} {middle:.1f} {right:.1f} {top:.1f}"
        drawn += f"V{top + HEIGHT:.1f}" if i < len(points) - 1 else "m-3 -5l3 5l3 -5"
        x = right
    return drawn


def box(name: str, size: int, x: float, y: float) -> str:
    """One family: its name, and how many stages it has if they are several."""
    second = (
        f'<text class="count" font-size="10" x="{x + WIDTH / 2:.1f}" y="{y + 32}">{size} stages</text>'
        if size > 1
        else ""
    )
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="none" stroke="currentColor"/>'
        f'<text x="{x + WIDTH / 2:.1f}" y="{y + (19 if size > 1 else 25)}">{escape(name)}</text>{second}'
    )
